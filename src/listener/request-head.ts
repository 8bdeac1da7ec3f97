/**
 * Which request heads are refused although Node's parser lets them through.
 *
 * Node 24 (llhttp in its strict mode) itself refuses bare LF, obs-fold, NUL and other control bytes, blanks
 * before the colon, duplicate or malformed Content-Length, Content-Length with Transfer-Encoding, a final
 * coding other than chunked, and bytes outside printable ASCII in the target. What is left is here.
 */

/** The part of a request this room judges; `IncomingMessage` has it. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** Why a request is refused: the status and a constant text for the client. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  /** False where the framing of the request is sound, so that the connection may live on. */
  readonly close: boolean;
}

const bad = (message: string): Refusal => ({ status: 400, message, close: true });

const VERSION: Refusal = {
  status: 505,
  message: 'HTTP version is not supported.',
  close: true,
};
const METHOD: Refusal = { status: 405, message: 'Method Not Allowed', close: false };
const EXPECTATION: Refusal = {
  status: 417,
  message: 'Only the expectation 100-continue is supported.',
  close: true,
};
const NO_HOST = bad('Host header is missing.');
const TWO_HOSTS = bad('More than one Host header.');
const BAD_HOST = bad('Host header is malformed.');
const HOST_MISMATCH = bad('Host header does not match the request target.');
const TWO_LENGTHS = bad('More than one Content-Length header.');
const BAD_LENGTH = bad('Content-Length header is malformed.');
const LENGTH_AND_CODING = bad('Content-Length and Transfer-Encoding exclude each other.');
const BAD_CODING = bad('Transfer-Encoding is not supported.');
const LONG_TARGET: Refusal = { status: 414, message: 'Request target is too long.', close: true };
const LARGE_HEAD: Refusal = { status: 431, message: 'The request head is too large.', close: true };
const BAD_TARGET = bad('Request target is malformed.');

/** Bytes of a target; RFC 9110 §4.1 asks for 8,000 at least. */
const MAX_TARGET = 64 * 1024;
/** Bytes of a field name and number of lines that no real client comes near; values are bounded by the head. */
const MAX_NAME = 8 * 1024;
const MAX_LINES = 8_000;

/**
 * Judges a request head in one pass over its raw header lines.
 *
 * @returns the reason to refuse the request, or undefined where it may go on
 * @see RFC 9112 §3.2 (target and Host), §6 (framing), RFC 9110 §10.1.1 (Expect)
 */
export function refusalOf(head: RequestHead): Refusal | undefined {
  const version = head.httpVersion;
  const http11 = version === '1.1';
  if (!http11 && version !== '1.0') return VERSION;
  const found = readLines(head.rawHeaders, http11);
  if ('status' in found) return found;
  if (found.host === undefined) {
    if (http11) return NO_HOST;
  } else if (!isHost(found.host)) {
    return BAD_HOST;
  }
  if (found.coding && (!http11 || found.length)) return http11 ? LENGTH_AND_CODING : BAD_CODING;
  if (head.method === 'TRACE' || head.method === 'CONNECT') return METHOD;
  return refusalOfTarget(head, found.host);
}

interface FramingLines {
  host: string | undefined;
  length: boolean;
  coding: boolean;
}

/** Collects the lines that decide framing and routing; the length of a name rules out nearly all others. */
function readLines(raw: readonly string[], http11: boolean): FramingLines | Refusal {
  if (raw.length > 2 * MAX_LINES) return LARGE_HEAD;
  const found: FramingLines = { host: undefined, length: false, coding: false };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    switch (name.length) {
      case 4:
        if (!same(name, 'host')) break;
        if (found.host !== undefined) return TWO_HOSTS;
        found.host = raw[i + 1]!;
        break;
      case 6:
        if (http11 && same(name, 'expect') && !same(raw[i + 1]!, '100-continue'))
          return EXPECTATION;
        break;
      case 14:
        if (!same(name, 'content-length')) break;
        if (found.length) return TWO_LENGTHS;
        if (!isLength(raw[i + 1]!)) return BAD_LENGTH;
        found.length = true;
        break;
      case 17:
        if (!same(name, 'transfer-encoding')) break;
        if (found.coding || !same(raw[i + 1]!, 'chunked')) return BAD_CODING;
        found.coding = true;
        break;
      default:
        if (name.length > MAX_NAME) return LARGE_HEAD;
    }
  }
  return found;
}

function refusalOfTarget(head: RequestHead, host: string | undefined): Refusal | undefined {
  const target = head.url ?? '';
  if (target.length > MAX_TARGET) return LONG_TARGET;
  if (target.includes('#')) return BAD_TARGET;
  if (target.charCodeAt(0) === SLASH) return undefined;
  if (target === '*') return head.method === 'OPTIONS' ? undefined : BAD_TARGET;
  const absolute = parseAbsolute(target);
  if (absolute === undefined || !isHost(absolute.authority)) return BAD_TARGET;
  // RFC 9112 §3.2.2 lets the target win; two opinions on the host are a routing attack more often than a client.
  if (host !== undefined && host.toLowerCase() !== absolute.authority.toLowerCase()) {
    return HOST_MISMATCH;
  }
  return undefined;
}

/**
 * The origin form of a target that {@link refusalOf} let through: `http://host/path` becomes `/path`, all
 * others come back as they are, byte for byte.
 */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === SLASH) return target;
  return parseAbsolute(target)?.path ?? target;
}

function parseAbsolute(target: string): { authority: string; path: string } | undefined {
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return undefined;
  const rest = target.slice(scheme[0].length);
  const end = rest.search(/[/?]/);
  if (end < 0) return { authority: rest, path: '/' };
  const path = rest.slice(end);
  return { authority: rest.slice(0, end), path: path.startsWith('/') ? path : `/${path}` };
}

/** Compares without regard to case; the second argument is in lower case. */
function same(text: string, lower: string): boolean {
  return text === lower || (text.length === lower.length && text.toLowerCase() === lower);
}

/** Digits without leading zeros: other spellings of a number are read differently by other servers. */
function isLength(value: string): boolean {
  if (value.length === 0 || value.length > 16) return false;
  if (value.charCodeAt(0) === ZERO && value.length > 1) return false;
  for (let i = 0; i < value.length; i++) if (!isDigit(value.charCodeAt(i))) return false;
  return true;
}

const SLASH = 0x2f;
const ZERO = 0x30;
const COLON = 0x3a;

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

/** Bytes of a registered name (RFC 3986 §3.2.2), the comma left out: proxies join lines with it. */
const NAME_BYTES = byteTable(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+;=",
);

function byteTable(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < members.length; i++) table[members.charCodeAt(i)] = 1;
  return table;
}

/** `name`, `IPv4` or `[IPv6]`, each with an optional port (RFC 9112 §3.2). */
function isHost(value: string): boolean {
  let i = 0;
  if (value.charCodeAt(0) === 0x5b) {
    const end = value.indexOf(']');
    if (end < 3 || !/^[0-9a-f:.]+(%25[\w.~-]+)?$/i.test(value.slice(1, end))) return false;
    i = end + 1;
  } else {
    while (i < value.length && NAME_BYTES[value.charCodeAt(i)] === 1) i++;
    if (i === 0) return false;
  }
  return i === value.length || (value.charCodeAt(i) === COLON && isPort(value, i + 1));
}

function isPort(value: string, start: number): boolean {
  for (let i = start; i < value.length; i++) if (!isDigit(value.charCodeAt(i))) return false;
  return value.length - start <= 5 && Number(value.slice(start)) <= 65_535;
}
