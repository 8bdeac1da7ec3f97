import type { IncomingMessage } from 'node:http';
import { generateApiOf, type GenerateApi } from '../../openai/api.js';

/** Where Nest finds the handler for all that is passed through. */
export const PASS_THROUGH = '/';

const READY_PATH = '/health/ready';
const HEALTH_PATHS: ReadonlySet<string> = new Set(['/health', READY_PATH]);
const METRICS_PATH = '/metrics';

/** Which handler a request belongs to. */
export interface Route {
  /** What Nest's router is shown in place of the request-target. */
  readonly url: string;
  /** Set for requests that may be disaggregated. */
  readonly api: GenerateApi | undefined;
}

/**
 * Routes a request of the data port: the model server's face, but for our own health.
 *
 * Paths are compared byte for byte. What is passed through is shown to Nest's router under one
 * fixed path, since a wildcard route would decode the path and refuse what does not decode (`/%zz`).
 *
 * @param path without the query
 */
export function routeData(method: string, path: string): Route {
  if (method === 'POST') {
    const api = generateApiOf(path);
    if (api) return { url: path, api };
  } else if (isRead(method) && HEALTH_PATHS.has(path)) return { url: path, api: undefined };
  return { url: PASS_THROUGH, api: undefined };
}

/** @returns what Nest's router is shown in place of a health route, where a port is that of one data-parallel rank */
export function healthOfRank(url: string, rank: number): string {
  return url === READY_PATH ? `${url}/${rank}` : url;
}

/** @returns whether the decoder answers it, and no handler of ours */
export function isPassedThrough({ method, url }: IncomingMessage): boolean {
  return routeData(method!, url!.split('?', 1)[0]!).url === PASS_THROUGH;
}

/** Routes a request of the metrics port. @returns undefined for what is not there */
export function routeOps(method: string, path: string): Route | undefined {
  const known = isRead(method) && (path === METRICS_PATH || HEALTH_PATHS.has(path));
  return known ? { url: path, api: undefined } : undefined;
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
