import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A model server that only tells its metrics; what it answers may be changed at any time. */
export class MetricsServer {
  /** Targets of all requests, in their order. */
  readonly asked: string[] = [];
  /** Connections that were opened, and those that are open. */
  opened = 0;
  open = 0;

  private constructor(
    private readonly server: Server,
    public answer: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => {
      this.opened++;
      this.open++;
      socket.on('error', () => undefined);
      socket.once('close', () => this.open--);
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.asked.push(request.url ?? '');
      this.answer(request, response);
    });
  }

  /** @param tls key and certificate; absent: plain */
  static async start(
    answer: string | MetricsServer['answer'],
    {
      host = '127.0.0.1',
      port = 0,
      tls,
    }: { host?: string; port?: number; tls?: ServerOptions } = {},
  ): Promise<MetricsServer> {
    const server = tls ? createTlsServer(tls) : createServer();
    const told = new MetricsServer(server, typeof answer === 'string' ? page(answer) : answer);
    await new Promise<void>((listening) => server.listen(port, host, listening));
    return told;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Milliseconds after which idle connections are closed. */
  set keepAlive(milliseconds: number) {
    this.server.keepAliveTimeout = milliseconds;
  }

  tell(text: string): void {
    this.answer = page(text);
  }

  stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    this.server.closeAllConnections();
    return closed;
  }
}

/** @returns an answer with this page */
export function page(text: string): MetricsServer['answer'] {
  return (_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end(text);
  };
}
