/** An HTTP/1 answer as it lay on the wire. */
export interface RawAnswer {
  readonly statusLine: string;
  readonly status: number;
  /** Lines as sent: name and value, latin1. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Trailer lines after a chunked body. */
  readonly trailers: readonly string[];
  /** Whether the framing says that this is all of it. */
  readonly complete: boolean;
  /** Bytes that it took. */
  readonly size: number;
}

/** All values of a header, in order. */
export function valuesOf(answer: Pick<RawAnswer, 'headers'>, name: string): string[] {
  const lower = name.toLowerCase();
  return answer.headers.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value);
}

/** The values of a header in a list of name, value, name, value … */
export function rawValues(raw: readonly string[], name: string): string[] {
  return raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === name.toLowerCase());
}

/**
 * Reads one answer from the front of `bytes`.
 *
 * @param toHead to a HEAD request: it has no body
 * @param ended no more bytes follow, so that what is incomplete is told as such
 * @returns undefined while more bytes are needed
 */
export function parseAnswer(bytes: Buffer, toHead: boolean, ended: boolean): RawAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const bodyless = toHead || status < 200 || status === 204 || status === 304;
  const rest = bytes.subarray(end + 4);
  const read = bodyless ? NO_BODY : readBody({ headers }, rest, ended);
  if (!read.complete && !ended) return undefined;
  return { statusLine, status, headers, ...read, size: end + 4 + read.size };
}

type Body = Pick<RawAnswer, 'body' | 'trailers' | 'complete' | 'size'>;
const NO_BODY: Body = { body: Buffer.alloc(0), trailers: [], complete: true, size: 0 };

function readBody(head: Pick<RawAnswer, 'headers'>, rest: Buffer, ended: boolean): Body {
  if (valuesOf(head, 'transfer-encoding').length > 0) return readChunks(rest);
  const [length] = valuesOf(head, 'content-length');
  const size = length === undefined ? rest.length : Math.min(Number(length), rest.length);
  const complete = length === undefined ? ended : rest.length >= Number(length);
  return { body: rest.subarray(0, size), trailers: [], complete, size };
}

function readChunks(bytes: Buffer): Body {
  const parts: Buffer[] = [];
  let at = 0;
  const partial = (): Body => ({
    body: Buffer.concat(parts),
    trailers: [],
    complete: false,
    size: bytes.length,
  });
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return partial();
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('malformed chunk');
    at = lineEnd + 2;
    if (size === 0) break;
    parts.push(bytes.subarray(at, at + size));
    at += size;
    if (at + 2 > bytes.length) return partial();
    if (bytes.toString('latin1', at, at + 2) !== '\r\n') throw new Error('malformed chunk end');
    at += 2;
  }
  const trailers: string[] = [];
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return partial();
    const line = bytes.toString('latin1', at, lineEnd);
    at = lineEnd + 2;
    if (line === '') break;
    trailers.push(line);
  }
  return { body: Buffer.concat(parts), trailers, complete: true, size: at };
}
