import type { OutgoingHttpHeaders } from 'node:http2';

/** An HTTP/2 request head as an HTTP/1.1 one. */
export interface Http1Head {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value, …; latin1. */
  readonly headers: string[];
}

/** Fields that concern one connection and have no place in HTTP/2 (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Translates a request head: `:authority` becomes Host, cookie crumbs are joined again (RFC 9113 §8.2.3), and the
 * length of the body is said in HTTP/1.1's way.
 *
 * @param raw name, value, name, value, … as `node:http2` reports them
 * @param hasBody whether the stream goes on after the head
 * @returns undefined where the head has no meaning in HTTP/1.1: a CONNECT, or a Host that contradicts `:authority`
 */
export function toHttp1Head(raw: readonly string[], hasBody: boolean): Http1Head | undefined {
  const pseudo: Record<string, string> = {};
  const headers: string[] = [];
  const crumbs: string[] = [];
  let host: string | undefined;
  let hasLength = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name.charCodeAt(0) === 0x3a) pseudo[name] = value;
    else if (CONNECTION_FIELDS.has(name)) return undefined;
    else if (name === 'cookie') crumbs.push(value);
    else if (name === 'host') {
      if (host !== undefined) return undefined;
      host = value;
    } else {
      if (name === 'content-length') hasLength = true;
      headers.push(name, value);
    }
  }
  const method = pseudo[':method'];
  const path = pseudo[':path'];
  if (!method || !path || method === 'CONNECT' || pseudo[':protocol']) return undefined;
  const authority = pseudo[':authority'];
  if (authority !== undefined && host !== undefined && authority !== host) return undefined;
  headers.unshift('host', authority ?? host ?? '');
  if (crumbs.length > 0) headers.push('cookie', crumbs.join('; '));
  if (!hasLength) {
    if (hasBody) headers.push('transfer-encoding', 'chunked');
    else if (ALWAYS_WITH_LENGTH.has(method)) headers.push('content-length', '0');
  }
  return { method, path, headers };
}

/** Methods whose requests say so when they have no body (RFC 9110 §8.6). */
const ALWAYS_WITH_LENGTH = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Translates the fields of an HTTP/1.1 answer: names in lower case, repeated ones kept as lists, those of the
 * connection left out.
 */
export function toHttp2Fields(raw: readonly string[]): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (CONNECTION_FIELDS.has(name)) continue;
    const value = raw[i + 1]!;
    const earlier = fields[name];
    if (earlier === undefined) fields[name] = value;
    else if (Array.isArray(earlier)) earlier.push(value);
    else fields[name] = [earlier, value];
  }
  return fields;
}
