import { connectionTokens, isHopByHop } from './hop-by-hop.js';

/** How the end of a body is found (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** The head of a final answer. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly reason: string;
  /** End-to-end fields only: name, value, name, value …, spelled and ordered as sent. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** Whether the connection may serve another request after the body. */
  readonly keepAlive: boolean;
  /** The engine's own limit for idle connections in seconds, where it tells (`Keep-Alive: timeout`). */
  readonly idleTimeout: number | undefined;
}

/** Bytes from an engine that are not a valid HTTP/1 answer. */
export class ResponseSyntaxError extends Error {}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DIGITS = /^\d{1,15}$/;

/**
 * Parses an answer's head strictly: whatever two parsers might read in two ways is refused, so that
 * no engine can smuggle a second answer past us (RFC 9112 §11.1).
 *
 * Refused: bare CR or LF, obs-fold, blanks around a field name, control characters, two
 * Content-Length fields, Content-Length beside Transfer-Encoding, any transfer coding but
 * `chunked`, Transfer-Encoding in HTTP/1.0.
 *
 * @param text the head in latin1, without the empty line at its end
 * @param toHead the answer is to a HEAD request and has no body
 * @throws ResponseSyntaxError
 */
export function parseResponseHead(text: string, toHead: boolean): ResponseHead {
  const lines = text.split('\r\n');
  const status = STATUS_LINE.exec(lines[0]!);
  if (!status) throw new ResponseSyntaxError('bad status line');
  const http10 = status[1] === '0';
  const statusCode = Number(status[2]);

  const fields = new Fields();
  for (let i = 1; i < lines.length; i++) fields.add(lines[i]!);
  const headers = fields.endToEnd();

  return {
    statusCode,
    reason: status[3] ?? '',
    headers,
    framing: framingOf(fields, statusCode, toHead, http10),
    keepAlive:
      !fields.connection.includes('close') && (!http10 || fields.connection.includes('keep-alive')),
    idleTimeout: fields.idleTimeout,
  };
}

function framingOf(fields: Fields, status: number, toHead: boolean, http10: boolean): Framing {
  const { transferEncoding, contentLength } = fields;
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) {
      throw new ResponseSyntaxError('Content-Length beside Transfer-Encoding');
    }
    if (http10) throw new ResponseSyntaxError('Transfer-Encoding in HTTP/1.0');
    if (transferEncoding.toLowerCase() !== 'chunked') {
      throw new ResponseSyntaxError('unknown transfer coding');
    }
  }
  if (contentLength !== undefined && !DIGITS.test(contentLength)) {
    throw new ResponseSyntaxError('bad Content-Length');
  }
  if (toHead || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (transferEncoding !== undefined) return { kind: 'chunked' };
  if (contentLength !== undefined) return { kind: 'length', length: Number(contentLength) };
  return { kind: 'until-close' };
}

/** The rest of a line from `start` on, without the blanks around it. */
function trimBlanks(line: string, start: number): string {
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Collects fields and keeps the few that say how to read the message. */
class Fields {
  readonly connection: string[] = [];
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  idleTimeout: number | undefined;
  private readonly names: string[] = [];
  private readonly pairs: string[] = [];

  add(line: string): void {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = trimBlanks(line, colon + 1);
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new ResponseSyntaxError('bad field');
    const lower = name.toLowerCase();
    switch (lower) {
      case 'content-length':
        if (this.contentLength !== undefined) throw new ResponseSyntaxError('two Content-Length');
        this.contentLength = value;
        break;
      case 'transfer-encoding':
        if (this.transferEncoding !== undefined) {
          throw new ResponseSyntaxError('two Transfer-Encoding');
        }
        this.transferEncoding = value;
        return;
      case 'connection':
        this.connection.push(...connectionTokens(value));
        return;
      case 'keep-alive': {
        const timeout = /(?:^|[,; ])timeout=(\d{1,6})/i.exec(value);
        if (timeout) this.idleTimeout = Number(timeout[1]);
        return;
      }
    }
    if (isHopByHop(lower)) return;
    this.names.push(lower);
    this.pairs.push(name, value);
  }

  /** The fields to forward: none that the Connection header names. */
  endToEnd(): readonly string[] {
    if (this.connection.length === 0) return this.pairs;
    const listed = this.connection.filter((name) => this.names.includes(name));
    if (listed.length === 0) return this.pairs;
    return this.pairs.filter((_, index) => !listed.includes(this.names[index >> 1]!));
  }
}
