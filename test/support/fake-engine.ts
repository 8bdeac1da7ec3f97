import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as an engine received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Resolves when the other side closed the connection before the answer was complete. */
  readonly aborted: Promise<void>;
  readonly socket: Socket;
}

/** Answers one request; the body was read already. */
export type EngineBehaviour = (
  response: ServerResponse,
  request: ReceivedRequest,
) => void | Promise<void>;

/** An engine played by hand: records what it receives and answers as it is told. */
export class FakeEngine {
  readonly requests: ReceivedRequest[] = [];
  behaviour: EngineBehaviour;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly server: Server | HttpsServer,
    behaviour: EngineBehaviour,
  ) {
    this.behaviour = behaviour;
  }

  /**
   * @param tls speaks TLS with this certificate
   * @param host an address of the loopback
   */
  static async start(
    behaviour: EngineBehaviour,
    port = 0,
    tls?: { readonly cert: string; readonly key: string },
    host = '127.0.0.1',
  ): Promise<FakeEngine> {
    const options = { keepAliveTimeout: 60_000, maxHeaderSize: 1 << 21 };
    const server = tls ? createHttpsServer({ ...options, ...tls }) : createServer(options);
    server.maxHeadersCount = 0;
    const engine = new FakeEngine(server, behaviour);
    server.on('connection', (socket) => {
      engine.sockets.add(socket);
      socket.on('close', () => engine.sockets.delete(socket));
    });
    server.on('request', (request, response) => void engine.serve(request, response));
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return engine;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get hostPort(): string {
    return `${(this.server.address() as AddressInfo).address}:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  get last(): ReceivedRequest {
    return this.requests.at(-1)!;
  }

  /** @returns when that many requests have been received */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const received: ReceivedRequest = {
      method: request.method!,
      url: request.url!,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      body: Buffer.concat(chunks),
      aborted,
      socket: request.socket,
    };
    this.requests.push(received);
    await this.behaviour(response, received);
  }
}

/** Answers with JSON. */
export function json(value: unknown, status = 200): EngineBehaviour {
  return (response) => {
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
}

/** Answers with server-sent events, each in a write of its own. */
export function events(lines: readonly string[], pauseMs = 0): EngineBehaviour {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const line of lines) {
      response.write(`data: ${line}\n\n`);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    response.end();
  };
}

/** What vLLM's NixlConnector answers to a prefill. */
export const KV_PARAMS = {
  do_remote_prefill: true,
  do_remote_decode: false,
  remote_engine_id: 'engine-p',
  remote_block_ids: [1, 2, 3],
  remote_host: '127.0.0.1',
  remote_port: 5557,
  tp_size: 1,
};
