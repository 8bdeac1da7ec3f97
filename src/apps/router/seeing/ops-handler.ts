import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../../../listener/http-server.js';
import type { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { DecisionLog } from './decision-log.js';
import { DecisionStream } from './decision-stream.js';
import { isForeign } from './local-host.js';
import { thePage } from './the-page.js';

export interface OpsParts {
  readonly metrics: RouterMetrics;
  readonly decisions: DecisionLog;
  readonly state: () => object;
  /** The port is reached from this machine alone. */
  readonly isLocal: boolean;
}

const PATHS = '/, /metrics, /health, /debug/state, /debug/decisions and /debug/decisions/stream';
/** Of `/debug/decisions`, where the query does not say. */
const USUAL_LIMIT = 100;

/** The operations port: metrics, health of this process alone, why requests went where they went, and the page that shows it. */
export function opsHandler(parts: OpsParts): RequestHandler {
  const stream = new DecisionStream(parts.decisions);
  return (request, response) => {
    const [path, query = ''] = request.url!.split('?', 2) as [string, string?];
    if (parts.isLocal && isForeign(request.headers.host)) {
      return text(response, 403, 'This port answers to the names of this machine alone.');
    }
    if (path === '/health') return text(response, 200, 'OK');
    if (path === '/metrics') return void metrics(parts.metrics, response);
    if (!isRead(request)) return text(response, 405, 'Only GET is answered here.');
    if (path === '/debug/state') return json(response, 200, parts.state());
    if (path === '/debug/decisions') return decisions(parts.decisions, query, response);
    if (path === '/debug/decisions/stream') return stream.join(response);
    if (path !== '/') return text(response, 404, `This port has ${PATHS}.`);
    const { headers, bytes } = thePage();
    response.writeHead(200, headers).end(bytes);
  };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

async function metrics({ registry }: RouterMetrics, response: ServerResponse): Promise<void> {
  const page = await registry.metrics();
  response
    .writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' })
    .end(page);
}

function decisions(log: DecisionLog, query: string, response: ServerResponse): void {
  const given = new URLSearchParams(query).get('limit');
  if (given !== null && !/^\d{1,9}$/.test(given)) {
    return json(response, 400, { error: 'limit: give a whole number, as ?limit=20' });
  }
  json(response, 200, { decisions: log.latest(given === null ? USUAL_LIMIT : Number(given)) });
}

const SAFE = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

function json(response: ServerResponse, status: number, value: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', ...SAFE })
    .end(JSON.stringify(value));
}

function text(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...SAFE }).end(words);
}
