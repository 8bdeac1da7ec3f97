import type { IncomingMessage, ServerResponse } from 'node:http';

const AWAITED = Symbol('100-continue awaited');

interface Tagged {
  [AWAITED]?: boolean;
}

/** Notes that the client holds its body back until it hears `100 Continue`. */
export function markAwaitsContinue(request: IncomingMessage): void {
  (request as Tagged)[AWAITED] = true;
}

/** True while the client of this request waits for `100 Continue` before it sends the body. */
export function awaitsContinue(request: IncomingMessage): boolean {
  return (request as Tagged)[AWAITED] === true;
}

/**
 * Sends `100 Continue` if the client waits for it; call it right before the first read of the body. A final answer
 * without it makes Node close the connection, since the client may or may not send the body (RFC 9110 §10.1.1).
 */
export function sendContinue(response: ServerResponse): void {
  const request = response.req as IncomingMessage & Tagged;
  if (request[AWAITED] !== true) return;
  request[AWAITED] = false;
  if (!response.headersSent && !response.destroyed) response.writeContinue();
}
