import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import { until } from './raw-client.js';

const FRAME_HEAD = 5;

/** How a call ended: `grpc-status` and `grpc-message`; code -1 where the stream was reset or the connection lost. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** A connection to a gRPC server: HTTP/2, and messages as bytes. */
export class GrpcConnection {
  private constructor(readonly session: ClientHttp2Session) {
    session.on('error', () => undefined);
  }

  /**
   * @param tls speaks TLS with these options and ALPN `h2`; without it HTTP/2 in plain text
   * @param host an address of the loopback
   */
  static async connect(
    port: number,
    tls?: ConnectionOptions,
    host = '127.0.0.1',
  ): Promise<GrpcConnection> {
    const authority = host.includes(':') ? `[${host}]` : host;
    const session = connect(`${tls ? 'https' : 'http'}://${authority}:${port}`, {
      ...tls,
      settings: { initialWindowSize: 1 << 20, enablePush: false },
    });
    await once(session, 'connect');
    return new GrpcConnection(session);
  }

  /** @param path `/package.Service/Method` */
  open(path: string): GrpcCall {
    return new GrpcCall(
      this.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      }),
    );
  }

  /** One message there, one back. */
  async unary(path: string, message: Buffer): Promise<{ status: GrpcStatus; answer?: Buffer }> {
    const call = this.open(path);
    call.send(message);
    call.halfClose();
    const status = await call.ended();
    return { status, ...(call.received[0] && { answer: call.received[0] }) };
  }

  async close(): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, 'close');
    this.session.destroy();
    await closed;
  }
}

/** One call, of any kind; keeps all that comes. */
export class GrpcCall {
  /** Messages so far. */
  readonly received: Buffer[] = [];
  /** Once the call has ended. */
  status: GrpcStatus | undefined;
  private read = 0;
  private rest: Buffer = Buffer.alloc(0);

  constructor(readonly stream: ClientHttp2Stream) {
    let told: GrpcStatus | undefined;
    const tell = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] === undefined) return;
      const message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
      told = { code: Number(headers['grpc-status']), message };
    };
    stream.on('response', tell).on('trailers', tell);
    stream.on('data', (chunk: Buffer) => this.take(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.status = told ?? { code: -1, message: `reset with code ${stream.rstCode}` };
    });
  }

  send(message: Buffer): void {
    const head = Buffer.alloc(FRAME_HEAD);
    head.writeUInt32BE(message.length, 1);
    this.stream.write(Buffer.concat([head, message]));
  }

  /** Nothing more is sent. */
  halfClose(): void {
    this.stream.end();
  }

  /** Resets the stream, as a client that loses interest. */
  cancel(): void {
    this.stream.close(8);
  }

  /** @returns the next message; undefined when the call ended without one */
  async next(within = 20_000): Promise<Buffer | undefined> {
    await until(() => this.received.length > this.read || this.status !== undefined, within);
    return this.received.length > this.read ? this.received[this.read++] : undefined;
  }

  async ended(within = 20_000): Promise<GrpcStatus> {
    await until(() => this.status !== undefined, within);
    return this.status!;
  }

  private take(chunk: Buffer): void {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    while (this.rest.length >= FRAME_HEAD) {
      const end = FRAME_HEAD + this.rest.readUInt32BE(1);
      if (this.rest.length < end) return;
      this.received.push(this.rest.subarray(FRAME_HEAD, end));
      this.rest = this.rest.subarray(end);
    }
  }
}
