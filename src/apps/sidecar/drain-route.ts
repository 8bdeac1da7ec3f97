import type { ServerResponse } from 'node:http';
import { errorBody } from '../../openai/error-body.js';
import type { DrainHook } from './drain-hook.js';

/** Of the metrics port: what a kubelet asks before it ends the model server (`preStop.httpGet`). */
export const DRAIN_PATH = '/drain';

const USUAL_SECONDS = 10;
const MAX_SECONDS = 3600;

/**
 * Answers `GET /drain?seconds=N`: 200 after so many seconds, when idle connections are closed; 400 where N is none. That the
 * caller leaves changes nothing.
 *
 * @param target the request-target
 */
export function answerDrain(target: string, response: ServerResponse, hook: DrainHook): void {
  const seconds = readSeconds(new URLSearchParams(target.split('?').slice(1).join('?')));
  if (typeof seconds === 'string') {
    const body = JSON.stringify(errorBody(seconds, 'BadRequestError', 400));
    response.writeHead(400, { 'Content-Type': 'application/json' }).end(body);
    return;
  }
  void hook.run(seconds).then(() => {
    if (response.destroyed) return;
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' });
    response.end('Idle connections are closed; each answer ends its connection.\n');
  });
}

/** @returns what is wrong, where it is no number of seconds */
function readSeconds(query: URLSearchParams): number | string {
  const other = [...query.keys()].find((name) => name !== 'seconds');
  if (other !== undefined) {
    return `/drain: there is no parameter ${JSON.stringify(other)}; give /drain?seconds=${USUAL_SECONDS}`;
  }
  const given = query.getAll('seconds');
  if (given.length === 0) return USUAL_SECONDS;
  const [text] = given as [string];
  const isFit = given.length === 1 && /^\d{1,4}$/.test(text) && Number(text) <= MAX_SECONDS;
  if (isFit) return Number(text);
  const got = given.map((one) => JSON.stringify(one)).join(' and ');
  return `/drain: seconds is a whole number from 0 to ${MAX_SECONDS}, as in /drain?seconds=${USUAL_SECONDS}, got ${got}`;
}
