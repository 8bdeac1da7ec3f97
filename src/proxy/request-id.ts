import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { headerLines } from './header-lines.js';

const USABLE = /^[\x21-\x7e]{1,256}$/;

const ID = Symbol('request id');

interface Tagged {
  [ID]?: string;
}

/**
 * The id of a request on all its legs and in its answer: the client's own (its first line, when it
 * is 1 to 256 visible ASCII characters), else a new UUID (RFC 9562, version 4). Every call gives the same one.
 */
export function requestIdOf(request: IncomingMessage & Tagged): string {
  return (request[ID] ??= chooseId(request));
}

function chooseId(request: IncomingMessage): string {
  if (request.headers['x-request-id'] === undefined) return randomUUID();
  const [first] = headerLines(request, 'x-request-id');
  return first !== undefined && USABLE.test(first) ? first : randomUUID();
}
