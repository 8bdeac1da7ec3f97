import { isChunkExtension, isField, isLength, readChunkSize } from './grammar.js';

/** A request as a strict reader understands it; texts are latin1. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** 0 for HTTP/1.0. */
  readonly minor: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** All that a strict reader finds in the bytes of one connection. */
export interface Reading {
  readonly requests: ReadRequest[];
  /** What comes after the last whole request. */
  readonly rest: 'nothing' | 'incomplete' | 'malformed' | 'ignored';
  readonly problem?: string;
  /** Offset behind the last whole request. */
  readonly consumed: number;
  /** With an incomplete rest: where the text must reach at least before there is more to find. */
  readonly needed: number;
}

class Malformed extends Error {}

/** Thrown where more bytes are needed. */
class Incomplete extends Error {
  readonly needed: number;

  constructor(needed = 0) {
    super();
    this.needed = needed;
  }
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21\x22\x24-\x7e]+) HTTP\/1\.([01])$/;

/**
 * Reads requests with no leniency at all: what RFC 9112 lets a recipient repair is malformed here. It is the
 * oracle of the suite: what it does not find in a client's bytes must not reach an engine.
 *
 * @param text latin1
 * @param hostless takes HTTP/1.1 without Host, which harms nobody
 */
export function readRequests(text: string, hostless = false): Reading {
  const requests: ReadRequest[] = [];
  let at = 0;
  const stopped = (rest: Reading['rest'], problem?: string, needed = 0): Reading => ({
    requests,
    rest,
    ...(problem === undefined ? {} : { problem }),
    consumed: at,
    needed,
  });
  try {
    for (;;) {
      // RFC 9112 §2.2 allows empty lines before a request.
      let begin = at;
      while (text.startsWith('\r\n', begin)) begin += 2;
      if (begin === text.length) return stopped('nothing');
      const { request, end } = readRequest(text, begin, hostless);
      requests.push(request);
      at = end;
      if (endsConnection(request)) return stopped(at === text.length ? 'nothing' : 'ignored');
    }
  } catch (error) {
    if (error instanceof Incomplete) return stopped('incomplete', undefined, error.needed);
    if (error instanceof Malformed) return stopped('malformed', error.message);
    throw error;
  }
}

/** The values of a field, in order. */
export function valuesOf(request: Pick<ReadRequest, 'fields'>, name: string): string[] {
  return request.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
}

/** RFC 9112 §9.3: what follows is no request of this connection. */
function endsConnection(request: ReadRequest): boolean {
  const tokens = valuesOf(request, 'connection')
    .join(',')
    .toLowerCase()
    .split(/[\t ,]+/);
  if (request.method === 'CONNECT' || tokens.includes('close')) return true;
  return request.minor === 0 && !tokens.includes('keep-alive');
}

function readRequest(
  text: string,
  at: number,
  hostless: boolean,
): { request: ReadRequest; end: number } {
  const { lines, end } = readHead(text, at);
  const match = REQUEST_LINE.exec(lines[0]!);
  if (!match) throw new Malformed('request line');
  const [, method = '', target = '', minor = ''] = match;
  const fields = lines.slice(1).map(readField);
  const head = { method, target, minor: Number(minor), fields };
  checkHost(head, hostless);
  const body = readBody(text, end, framingOf(head));
  const { payload, trailers } = body;
  return { request: { ...head, body: payload, trailers }, end: body.end };
}

/** A malformed line is told as soon as it is there, even if the head never ends. */
function readHead(text: string, at: number): { lines: string[]; end: number } {
  const lines: string[] = [];
  for (;;) {
    const lf = text.indexOf('\n', at);
    const cr = text.indexOf('\r', at);
    if (cr >= 0 && cr + 1 < text.length && text[cr + 1] !== '\n') throw new Malformed('bare CR');
    if (lf < 0) throw new Incomplete();
    if (lf === at || text[lf - 1] !== '\r') throw new Malformed('bare LF');
    const line = text.slice(at, lf - 1);
    at = lf + 1;
    if (line === '') return { lines, end: at };
    lines.push(line);
  }
}

function readField(line: string): [string, string] {
  if (!isField(line)) throw new Malformed('field line');
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')];
}

function checkHost(head: Pick<ReadRequest, 'fields' | 'minor'>, hostless: boolean): void {
  const hosts = valuesOf(head, 'host');
  if (hosts.length > 1) throw new Malformed('Host');
  if (hosts.length === 0 && head.minor === 1 && !hostless) throw new Malformed('Host');
}

type Framing = { chunked: true } | { chunked: false; length: number };

function framingOf(head: Pick<ReadRequest, 'fields' | 'minor'>): Framing {
  const lengths = valuesOf(head, 'content-length');
  const codings = valuesOf(head, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Malformed('two framings');
  if (codings.length === 1) {
    if (codings[0]!.toLowerCase() !== 'chunked') throw new Malformed('transfer coding');
    if (head.minor === 0) throw new Malformed('transfer coding in HTTP/1.0');
    return { chunked: true };
  }
  if (lengths.length === 1 && !isLength(lengths[0]!)) throw new Malformed('Content-Length');
  return { chunked: false, length: Number(lengths[0] ?? 0) };
}

interface ReadBody {
  payload: string;
  trailers: [string, string][];
  end: number;
}

function readBody(text: string, at: number, framing: Framing): ReadBody {
  if (framing.chunked) return readChunks(text, at);
  const end = at + framing.length;
  if (end > text.length) throw new Incomplete(end);
  return { payload: text.slice(at, end), trailers: [], end };
}

function readChunks(text: string, at: number): ReadBody {
  let payload = '';
  for (;;) {
    const { line, end } = readLine(text, at);
    const semicolon = line.search(/[\t ]*;/);
    const size = readChunkSize(semicolon < 0 ? line : line.slice(0, semicolon));
    if (size === undefined) throw new Malformed('chunk size');
    if (semicolon >= 0 && !isChunkExtension(line.slice(semicolon)))
      throw new Malformed('chunk extension');
    if (size === 0) {
      const { lines, end: behind } = readHead(text, end);
      return { payload, trailers: lines.map(readField), end: behind };
    }
    const stop = end + size;
    const follows = text.slice(stop, stop + 2);
    if (!'\r\n'.startsWith(follows)) throw new Malformed('end of chunk');
    if (follows.length < 2) throw new Incomplete();
    payload += text.slice(end, stop);
    at = stop + 2;
  }
}

function readLine(text: string, at: number): { line: string; end: number } {
  const lf = text.indexOf('\n', at);
  const line = text.slice(at, lf < 0 ? undefined : lf);
  if (/[^\t\x20-\x7e\x80-\xff\r]|\r[^]/.test(line)) throw new Malformed('chunk line');
  if (lf < 0) throw new Incomplete();
  if (!line.endsWith('\r')) throw new Malformed('bare LF');
  return { line: line.slice(0, -1), end: lf + 1 };
}
