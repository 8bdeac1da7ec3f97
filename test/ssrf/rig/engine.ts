import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { KV_PARAMS } from '../../support/fake-engine.js';
import type { Ledger } from './ledger.js';

/** Prefillers may be dialled, canaries never; the decoder is the sidecar's own. */
export type Role = 'prefiller' | 'canary' | 'decoder';

/** What an engine is. */
export interface EngineOptions {
  readonly host: string;
  /** 0: some free one. */
  readonly port: number;
  readonly role: Role;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const PREFILLED = JSON.stringify({ kv_transfer_params: KV_PARAMS });
const DECODED = JSON.stringify({ ok: true });

/** Answers as a model server and enters every connection and request in the ledger. */
export class CountingEngine {
  /** Answers in place of the usual answer. */
  answer: ((response: ServerResponse) => void) | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  private constructor(
    private readonly options: EngineOptions,
    private readonly ledger: Ledger,
    private readonly server: Server,
  ) {}

  /** @throws Error when the address is not to be had */
  static async start(options: EngineOptions, ledger: Ledger): Promise<CountingEngine> {
    const server = options.tls ? createTlsServer(options.tls) : createServer();
    server.keepAliveTimeout = 60_000;
    const engine = new CountingEngine(options, ledger, server);
    server.on('connection', (socket: Socket) => engine.connected(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void engine.serve(request, response);
    });
    server.on('clientError', (_, socket) => socket.destroy());
    server.listen(options.port, options.host);
    await once(server, 'listening');
    engine.port = (server.address() as { port: number }).port;
    return engine;
  }

  /** `host:port`, IPv6 in brackets. */
  get label(): string {
    return hostPort(this.options.host, this.port);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private connected(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    if (this.options.role === 'canary') this.ledger.canary.push(this.label);
    if (this.options.role === 'prefiller') this.ledger.connections.push(this.label);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts).toString();
    const id = request.headers['x-request-id'];
    if (typeof id === 'string') {
      const arrival = { at: this.label, url: request.url!, rawHeaders: request.rawHeaders, body };
      if (this.options.role === 'decoder') this.ledger.decode(id, arrival);
      else this.ledger.prefill(id, arrival);
    }
    if (this.answer) {
      this.answer(response);
      return;
    }
    const text = this.options.role === 'decoder' ? DECODED : PREFILLED;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': text.length,
    });
    response.end(text);
  }
}

/** @returns `host:port`, IPv6 in brackets */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
