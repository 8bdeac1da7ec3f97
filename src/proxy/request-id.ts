import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const USABLE = /^[\x21-\x7e]{1,256}$/;

/**
 * The id of a request on all its legs and in its answer: the client's own (its first line, when it
 * is 1 to 256 visible ASCII characters), else a new UUID (RFC 9562, version 4).
 */
export function requestIdOf({ headers, headersDistinct }: IncomingMessage): string {
  if (headers['x-request-id'] === undefined) return randomUUID();
  const first = headersDistinct['x-request-id']?.[0];
  return first !== undefined && USABLE.test(first) ? first : randomUUID();
}
