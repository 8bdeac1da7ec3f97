import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readRequests, valuesOf, type ReadRequest } from '../wire/request-reader.js';

/** What came over one connection to the engine. */
export interface EngineConnection {
  readonly id: number;
  readonly socket: Socket;
  /** Bytes that are no whole request yet. */
  pending: Buffer[];
  /** How many they must be before there is a whole one. */
  needed: number;
}

/** Writes an answer; the default one is {@link plainAnswer}. */
export type Responder = (request: ReadRequest, connection: EngineConnection) => void;

/**
 * An engine on raw TCP that keeps what it received, judged by a reader without leniency, and answers every
 * request with what it understood.
 */
export class RecordingEngine {
  readonly requests: ReadRequest[] = [];
  /** Malformed messages that reached the engine, each with its bytes. */
  readonly problems: string[] = [];
  /** Connections ever made. */
  accepted = 0;
  respond: Responder = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
  private readonly connections = new Set<EngineConnection>();

  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(): Promise<RecordingEngine> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RecordingEngine(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections on which a request has begun and not ended. */
  get unfinished(): number {
    return [...this.connections].filter(({ pending }) => pending.length > 0).length;
  }

  clear(): void {
    this.requests.length = 0;
    this.problems.length = 0;
  }

  /** Ends all connections, so that nothing of one case is left for the next. */
  dropConnections(): void {
    for (const { socket } of this.connections) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    const connection: EngineConnection = { id: this.accepted++, socket, pending: [], needed: 0 };
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.read(connection, chunk));
  }

  private read(connection: EngineConnection, chunk: Buffer): void {
    connection.pending.push(chunk);
    const size = connection.pending.reduce((sum, { length }) => sum + length, 0);
    if (size < connection.needed) return;
    const text = Buffer.concat(connection.pending).toString('latin1');
    const reading = readRequests(text, true);
    const rest = text.slice(reading.consumed);
    connection.pending = rest === '' ? [] : [Buffer.from(rest, 'latin1')];
    connection.needed = reading.needed - reading.consumed;
    for (const request of reading.requests) {
      this.requests.push(request);
      this.respond(request, connection);
    }
    if (reading.rest !== 'malformed') return;
    this.problems.push(`${reading.problem}: ${JSON.stringify(rest.slice(0, 300))}`);
    connection.pending = [];
    connection.socket.destroy();
  }
}

/**
 * The answer of a well-behaved origin: echoes the body, names the probe, knows OPTIONS and refuses DELETE.
 *
 * @returns latin1
 */
export function plainAnswer(request: ReadRequest): string {
  const date = `Date: ${new Date().toUTCString()}\r\n`;
  const [probe] = valuesOf(request, 'x-probe');
  const echo = probe === undefined ? '' : `X-Probe-Echo: ${probe}\r\n`;
  const allow = 'Allow: GET, HEAD, POST, OPTIONS\r\n';
  if (request.method === 'OPTIONS') return `HTTP/1.1 204 No Content\r\n${date}${allow}${echo}\r\n`;
  if (request.method === 'DELETE')
    return `HTTP/1.1 405 Method Not Allowed\r\n${date}${allow}${echo}Content-Length: 0\r\n\r\n`;
  const body = request.body || 'well received';
  const type = 'Content-Type: text/plain\r\n';
  const head = `HTTP/1.1 200 OK\r\n${date}${type}${echo}Content-Length: ${body.length}\r\n\r\n`;
  return request.method === 'HEAD' ? head : head + body;
}
