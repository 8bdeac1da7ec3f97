import { randomBytes } from 'node:crypto';
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
  let id = PREFIXES[path] ?? 'req-';
  for (const byte of randomBytes(LENGTH)) id += ALPHANUMERICS[byte % ALPHANUMERICS.length];
  return id;
}
