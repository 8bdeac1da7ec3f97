import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { until, type Ending } from './raw-client.js';

/** Skips a body, as long as none holds such a head. */
const REQUEST_HEAD = /(?:GET|POST|HEAD) \S+ HTTP\/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n/g;

/** One connection as the engine sees it. */
export interface EngineConnection {
  readonly socket: Socket;
  /** What came so far, latin1. */
  received: string;
  /** How the other side ended it; undefined while it is open. */
  ending: Ending | undefined;
}

/** Called when the head of a request is complete, once for each. */
export type OnHead = (connection: EngineConnection, count: number) => void;

export interface NetEngineOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: TlsOptions;
}

/** An engine whose every connection a test holds in its hands. */
export class NetEngine {
  readonly connections: EngineConnection[] = [];
  /** Heads of requests that came, on all connections. */
  heads = 0;

  private constructor(private readonly server: Server) {}

  static async start(onHead: OnHead, options: NetEngineOptions = {}): Promise<NetEngine> {
    const { host = '127.0.0.1', port = 0, tls } = options;
    const server = tls ? createTlsServer(tls) : createServer({ noDelay: true });
    const engine = new NetEngine(server);
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      engine.serve(socket, onHead);
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return engine;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.connections.filter(({ socket }) => !socket.destroyed).length;
  }

  /** @returns the connection that was made as the n-th, once it is there */
  async connection(n = 1): Promise<EngineConnection> {
    await until(() => this.connections.length >= n);
    return this.connections[n - 1]!;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }

  private serve(socket: Socket, onHead: OnHead): void {
    const connection: EngineConnection = { socket, received: '', ending: undefined };
    this.connections.push(connection);
    let seen = 0;
    socket.on('data', (bytes: Buffer) => {
      connection.received += bytes.toString('latin1');
      for (;;) {
        REQUEST_HEAD.lastIndex = seen;
        if (!REQUEST_HEAD.test(connection.received)) return;
        seen = REQUEST_HEAD.lastIndex;
        onHead(connection, ++this.heads);
      }
    });
    socket.on('end', () => (connection.ending ??= 'fin'));
    socket.on('error', () => (connection.ending ??= 'reset'));
    socket.on('close', () => (connection.ending ??= 'reset'));
  }
}

/** Answers each request at once with these bytes, latin1. */
export function saying(bytes: string): OnHead {
  return ({ socket }) => socket.write(bytes, 'latin1');
}

/** A whole answer of a known length. */
export function whole(body = 'ok', fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}
