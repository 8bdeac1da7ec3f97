import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { SecureContextOptions, TLSSocketOptions } from 'node:tls';
import { bind } from '../listener/bind.js';
import { GrpcCall, type CallOptions } from './grpc-call.js';
import { Keepalive } from './keepalive.js';
import { ACCEPTED_ENCODINGS, decompressOf, isKnownEncoding } from './message-encoding.js';
import { MessageSplitter } from './message-splitter.js';
import { GrpcStatus } from './status.js';

/** Serves the calls of one method. */
export type GrpcMethod = (call: GrpcCall) => void;

export interface GrpcServerOptions extends CallOptions {
  /** By path: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  /** Undefined: plaintext HTTP/2, with prior knowledge. */
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key' | 'minVersion' | 'ciphers'> | undefined;
  /** Milliseconds between two questions whether a peer is still there; see {@link Keepalive}. */
  readonly keepaliveMs?: number | undefined;
}

const MIB = 2 ** 20;
const SETTINGS = { initialWindowSize: 4 * MIB, enablePush: false } as const;
/**
 * Of a proxy all requests come over few connections. Node's own limits are for browsers: 10 MB for a connection and
 * all of its streams, and an end to it after some thousand streams that were reset.
 */
const LIMITS = {
  settings: SETTINGS,
  maxSessionMemory: 4096,
  streamResetBurst: 1_000_000,
  streamResetRate: 1_000_000,
  maxSessionInvalidFrames: 1000,
};
/** A goodbye that names it refuses nothing yet. */
const MOST_STREAM_ID = 2 ** 31 - 1;
const CONNECTION_WINDOW = 64 * MIB;

/**
 * A gRPC server, as much of one as proxies need: answers are sent plain, and there is no reflection.
 *
 * Our own, on Node's HTTP/2: a call costs half of what it costs with grpc-js (docs/adr/0022-own-grpc.md).
 */
export class GrpcServer {
  private readonly server: Http2Server | Http2SecureServer;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly keepalive: Keepalive;

  constructor(private readonly options: GrpcServerOptions) {
    const { tls } = options;
    this.keepalive = new Keepalive(this.sessions, options.keepaliveMs);
    this.server = tls
      ? createSecureServer({ ...LIMITS, ...tls, ALPNProtocols: ['h2'] } as TLSSocketOptions)
      : createServer(LIMITS);
    this.server.on('session', (session: ServerHttp2Session) => this.opened(session));
    this.server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.called(stream, headers),
    );
    this.server.on('sessionError', () => undefined);
  }

  /** @returns the port that it listens on @throws ListenError where it cannot */
  async listen(port: number, address: string): Promise<number> {
    const bound = await bind(this.server, port, address);
    this.server.on('error', () => undefined);
    return bound.port;
  }

  /** New connections are served with that certificate. */
  setSecureContext(tls: SecureContextOptions): void {
    if ('setSecureContext' in this.server) this.server.setSecureContext(tls);
  }

  /**
   * Says on the connections that are there that it is about to leave. Calls that are on their way already are still
   * taken: RFC 9113, section 6.8.
   */
  announceEnd(): void {
    for (const session of this.sessions) {
      if (!session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, MOST_STREAM_ID);
    }
  }

  /** Takes no more calls on the connections that are there; calls that have begun go on, and new connections are served. */
  refuse(): void {
    for (const session of this.sessions) session.close();
  }

  /** Cuts all that is there. */
  close(): void {
    this.keepalive.stop();
    this.server.close();
    for (const session of this.sessions) session.destroy();
  }

  private opened(session: ServerHttp2Session): void {
    this.sessions.add(session);
    session.on('close', () => this.sessions.delete(session));
    session.on('error', () => undefined);
    session.setLocalWindowSize(CONNECTION_WINDOW);
  }

  private called(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // It was reset before it was looked at.
    if (stream.closed || stream.destroyed) return;
    const path = headers[':path'] ?? '';
    if (headers[':method'] !== 'POST' || !isGrpc(headers['content-type'])) {
      stream.on('error', () => undefined);
      stream.respond(
        { ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE },
        { endStream: true },
      );
      // What it still sends would fill the window of the connection.
      stream.resume();
      return;
    }
    const { methods, mostBytes } = this.options;
    const method = methods.get(path);
    const encoding = headers['grpc-encoding'] as string | undefined;
    const splitter = new MessageSplitter(mostBytes, decompressOf(encoding, mostBytes));
    const call = new GrpcCall(stream, path, splitter, this.options);
    if (!method) return call.finish(GrpcStatus.unimplemented, `there is no method ${path} here`);
    if (!isKnownEncoding(encoding)) {
      return call.finish(
        GrpcStatus.unimplemented,
        `messages in ${encoding} are not taken: send them in one of ${ACCEPTED_ENCODINGS}`,
      );
    }
    method(call);
  }
}

function isGrpc(type: string | undefined): boolean {
  return type !== undefined && /^application\/grpc(?:$|[+;])/.test(type);
}
