import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../logging/logger.js';
import type { UnreadableHook } from './client-error.js';
import { bridgeStream, type Peer } from './http2-bridge.js';

/**
 * Limits of one session: those of Go's server, with room for large heads. nghttp2 itself allows a head eight
 * CONTINUATION frames, which is 144 KiB from clients that keep to frames of 16 KiB; and it ends sessions that reset
 * more than 33 streams a second after the first 1,000.
 */
const OPTIONS: http2.ServerOptions = {
  maxSessionMemory: 64,
  maxHeaderListPairs: 4_096,
  maxSendHeaderBlockLength: 1 << 20,
  settings: {
    maxConcurrentStreams: 250,
    initialWindowSize: 256 * 1024,
    maxHeaderListSize: 1 << 20,
    maxFrameSize: 64 * 1024,
  },
};

/** What the whole session may have on its way to us, in bytes. */
const SESSION_WINDOW = 4 * 1024 * 1024;

/** As long as an idle HTTP/1.1 connection is kept. */
const IDLE_MS = 300_000;

/**
 * How often, in ms, a session with open streams is pinged. Node 24 now and then misses the end of a connection on
 * which much is going both ways (its own server does too): its streams would stay, and their legs with them.
 */
const PING_MS = 30_000;

/** What an HTTP/2 connection asks of the listener it belongs to. */
export interface Http2Hooks {
  readonly logger: Logger;
  /** Serves HTTP/1.1 on a connection in memory. */
  accept(inner: Duplex): void;
  readonly unreadable?: UnreadableHook | undefined;
  /** True once no connection is to be kept. */
  isEnding?(): boolean;
}

/** Serves an HTTP/2 connection: each of its streams becomes an HTTP/1.1 connection in memory. */
export function serveHttp2(
  socket: TLSSocket,
  hooks: Http2Hooks,
  pingMs = PING_MS,
): ServerHttp2Session {
  const { logger, accept, unreadable } = hooks;
  const peer: Peer = {
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort,
    remoteFamily: socket.remoteFamily,
    localAddress: socket.localAddress,
    localPort: socket.localPort,
    encrypted: true,
  };
  const session = http2.performServerHandshake(socket, OPTIONS);
  // As HTTP/1.1 says `Connection: close` with an answer: clients that wait for one have nothing on its way here.
  const answering = (): void => {
    if (hooks.isEnding?.()) session.close();
  };
  let streams = 0;
  session.on('error', (error: NodeJS.ErrnoException) => {
    logger.debug('HTTP/2 session failed', { code: error.code, reason: error.message });
  });
  session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW));
  session.setTimeout(IDLE_MS, () => {
    if (streams === 0) session.close();
  });
  destroyWhenSilent(session, () => streams > 0, pingMs);
  session.on('stream', (stream: ServerHttp2Stream, _headers, flags, raw) => {
    streams++;
    stream.once('close', () => {
      streams--;
    });
    const hasBody = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) === 0;
    bridgeStream(stream, raw, { hasBody, peer, accept, unreadable, answering });
  });
  return session;
}

/** Destroys a session whose client does not answer a ping until the next one is due. */
function destroyWhenSilent(
  session: ServerHttp2Session,
  inUse: () => boolean,
  pingMs: number,
): void {
  let awaited = false;
  const timer = setInterval(() => {
    if (awaited) session.destroy();
    else if (inUse()) {
      awaited = session.ping(() => {
        awaited = false;
      });
    }
  }, pingMs).unref();
  session.once('close', () => clearInterval(timer));
}
