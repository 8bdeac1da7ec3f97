import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { headerLines } from '../../../proxy/header-lines.js';

const USABLE = /^[\x21-\x7e]{1,256}$/;
const PREFIXES: Readonly<Record<string, string>> = {
  '/v1/chat/completions': 'chatcmpl-',
  '/v1/completions': 'cmpl-',
  '/generate': 'gnt-',
  '/v1/responses': 'resp-',
};
const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 24;

/** Asking for random bytes costs more than the id that is made of them: they are drawn for many ids at once. */
const drawn = Buffer.allocUnsafeSlow(LENGTH * 128);
let used = drawn.length;

/**
 * The id of a request: the first of the headers that holds a usable one, else a new one with the prefix of its route.
 *
 * @param headers lower-case names, in order
 */
export function routedRequestId(
  request: IncomingMessage,
  path: string,
  headers: readonly string[],
): string {
  for (const name of headers) {
    if (request.headers[name] === undefined) continue;
    const [first] = headerLines(request, name);
    if (first !== undefined && USABLE.test(first)) return first;
  }
  return (PREFIXES[path] ?? 'req-') + randomName();
}

function randomName(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    for (let i = 0; i < drawn.length; i++) {
      drawn[i] = ALPHANUMERICS.charCodeAt(drawn[i]! % ALPHANUMERICS.length);
    }
    used = 0;
  }
  used += LENGTH;
  return drawn.toString('latin1', used - LENGTH, used);
}
