import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ProxyError } from '../../src/errors/proxy.error.js';
import { answerError } from '../../src/proxy/error-answer.js';
import { Exchange, type DecodeLeg, type LegBeside } from '../../src/proxy/exchange.js';
import { ForwardService } from '../../src/proxy/forward.service.js';
import type { RequestBody } from '../../src/proxy/request-body.js';
import { readRequestFields } from '../../src/proxy/request-fields.js';
import { StreamedRequestBody } from '../../src/proxy/streamed-request-body.js';
import { UpstreamService } from '../../src/proxy/upstream.service.js';

/** A server that passes all it gets on to one engine: the proxy room without anything around it. */
export class ProxyFront {
  readonly exchanges: Exchange[] = [];
  /** What forwarding threw. */
  readonly errors: unknown[] = [];
  readonly upstream = new UpstreamService(4);
  /** What runs beside each request. */
  beside: LegBeside | undefined;
  /** Client connections, as this server has them. */
  readonly sockets = new Set<Socket>();
  private readonly forward = new ForwardService(this.upstream);

  private constructor(
    private readonly server: Server,
    private readonly enginePort: number,
    private readonly transform: DecodeLeg['transform'],
  ) {}

  /** @param transform of answers, as a connector gives one */
  static async start(enginePort: number, transform?: DecodeLeg['transform']): Promise<ProxyFront> {
    const server = createServer();
    const front = new ProxyFront(server, enginePort, transform);
    server.on('connection', (socket) => {
      front.sockets.add(socket);
      socket.on('close', () => front.sockets.delete(socket));
    });
    server.on('request', (request, response) => void front.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.upstream.onApplicationShutdown();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url!;
    const facts = { target, path: target, api: undefined, requestId: 'the-id' };
    const exchange = new Exchange(request, response, facts);
    this.exchanges.push(exchange);
    response.once('close', () => {
      if (!response.writableFinished) exchange.end('client_gone');
    });
    const fields = readRequestFields(request, new Set());
    let body: RequestBody;
    let framing = '';
    if (fields.chunked) framing = 'Transfer-Encoding: chunked\r\n';
    else if (fields.contentLength !== undefined)
      framing = `Content-Length: ${fields.contentLength}\r\n`;
    if (framing) body = new StreamedRequestBody(request, fields.chunked);
    if (this.transform) exchange.decode = { body: [], transform: this.transform };
    if (this.beside) exchange.beside = this.beside;
    const port = this.enginePort;
    const origin = { key: 'engine', label: `engine:${port}`, addresses: ['127.0.0.1'], port };
    try {
      await this.forward.stream(exchange, origin, {
        head: `${request.method} ${target} HTTP/1.1\r\n${fields.common}${framing}\r\n`,
        body,
        toHead: request.method === 'HEAD',
        connectTimeout: 0,
        headTimeout: 0,
      });
    } catch (error) {
      this.errors.push(error);
      if (!exchange.ended) answerError(response, ProxyError.from(error), facts.requestId);
    }
  }
}
