import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import type { UnreadableHook } from './client-error.js';
import { connectionOf } from './connection.js';
import { toHttp1Head, toHttp2Fields } from './http2-head.js';
import { ALLOW, refusalBody } from './refuse.js';

/** Who is at the other end, in the names of `net.Socket`. */
export interface Peer {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly encrypted: true;
}

export interface BridgeOptions {
  readonly hasBody: boolean;
  readonly peer: Peer;
  /** Serves HTTP/1.1 on the inner connection. */
  accept(inner: Duplex): void;
  readonly unreadable?: UnreadableHook | undefined;
  /** Called when the head of an answer was sent. */
  answering(): void;
}

/**
 * Serves an HTTP/2 stream through an HTTP/1.1 connection in memory, so that guards, interceptors and controllers see
 * Node's own request and response objects, whatever the client speaks.
 *
 * Back-pressure holds in both directions. A stream that the client resets destroys the inner connection at once,
 * and an answer that breaks off resets the stream: it never looks complete.
 */
export function bridgeStream(
  stream: ServerHttp2Stream,
  raw: readonly string[],
  options: BridgeOptions,
): void {
  stream.on('error', () => undefined);
  const head = toHttp1Head(raw, options.hasBody);
  if (head === undefined) {
    answerDirectly(stream, raw.includes('CONNECT') ? 405 : 400, options);
    return;
  }
  const [outer, inner] = duplexPair();
  Object.assign(inner, options.peer);
  options.accept(inner);
  const connection = connectionOf(inner);
  // The stream decides when this connection ends, not the drain.
  if (connection !== undefined) connection.held = true;
  let request: ClientRequest;
  try {
    request = http.request({ ...head, setHost: false, createConnection: () => outer });
  } catch {
    inner.destroy();
    answerDirectly(stream, 400, options);
    return;
  }
  const cut = (): void => {
    connection?.leave();
    request.destroy();
    inner.destroy();
    outer.destroy();
  };
  stream.once('aborted', cut);
  stream.once('close', cut);
  // An inner connection that closes before its last byte was read here broke off.
  inner.once('close', () => {
    if (!outer.readableEnded) outer.destroy();
  });
  request.on('error', () => {
    breakOff(stream);
  });
  sendBody(stream, request, options.hasBody);
  request.on('information', ({ statusCode, rawHeaders }) => {
    if (stream.headersSent || stream.destroyed || statusCode === 101) return;
    stream.additionalHeaders({ ...toHttp2Fields(rawHeaders), ':status': statusCode });
  });
  request.once('response', (response) => {
    sendAnswer(stream, response);
    options.answering();
  });
}

function sendBody(stream: ServerHttp2Stream, request: ClientRequest, hasBody: boolean): void {
  if (!hasBody) {
    request.end();
    return;
  }
  request.flushHeaders();
  stream.on('data', (chunk: Buffer) => {
    if (!request.write(chunk)) stream.pause();
  });
  request.on('drain', () => stream.resume());
  stream.once('trailers', (_fields, _flags, raw: string[]) => {
    request.addTrailers(pairs(raw));
  });
  stream.once('end', () => {
    if (!stream.aborted) request.end();
  });
}

function sendAnswer(stream: ServerHttp2Stream, response: IncomingMessage): void {
  if (stream.destroyed || stream.closed) {
    response.destroy();
    return;
  }
  const chunked = response.headers['transfer-encoding'] !== undefined;
  stream.respond(
    { ...toHttp2Fields(response.rawHeaders), ':status': response.statusCode ?? 502 },
    // Without it closing a stream that broke off would first send END_STREAM, as if all had come.
    { waitForTrailers: true },
  );
  stream.once('wantTrailers', () => {
    // Without any, Node ends the stream by an empty DATA frame.
    stream.sendTrailers(chunked ? toHttp2Fields(response.rawTrailers) : {});
  });
  response.on('data', (chunk: Buffer) => {
    if (!stream.write(chunk)) response.pause();
  });
  stream.on('drain', () => response.resume());
  response.once('end', () => {
    stream.end();
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    if (!response.complete) breakOff(stream);
  });
  // RFC 9113 §8.1: a complete answer may end an upload that nobody reads.
  stream.once('finish', () => {
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

/** @param raw name, value, name, value, … */
function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) found.push([raw[i]!, raw[i + 1]!]);
  return found;
}

function breakOff(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.closed || stream.writableEnded) return;
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

function answerDirectly(
  stream: ServerHttp2Stream,
  status: number,
  { unreadable, peer }: BridgeOptions,
): void {
  if (stream.destroyed) return;
  const id = unreadable?.({ status, socket: peer });
  const message = status === 405 ? 'Method Not Allowed' : 'The request is malformed.';
  stream.respond({
    ':status': status,
    'content-type': 'application/json',
    ...(id === undefined ? {} : { 'x-request-id': id }),
    ...(status === 405 ? { allow: ALLOW } : {}),
  });
  stream.end(refusalBody({ status, message }));
}
