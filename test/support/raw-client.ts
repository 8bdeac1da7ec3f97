import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { parseAnswer, type RawAnswer } from './raw-answer.js';

/** How the other side ended a connection. */
export type Ending = 'fin' | 'reset';

/** Waits until `condition` holds; fails after `milliseconds`. */
export async function until(condition: () => boolean, milliseconds = 20_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A client that sends the bytes it is given and shows the bytes that come back. */
export class RawClient {
  /** How the other side ended the connection; undefined while it is open. */
  ending: Ending | undefined;
  /** Informational answers that were read on the way to a final one. */
  readonly interim: RawAnswer[] = [];
  private chunks: Buffer[] = [];
  private bytes = Buffer.alloc(0);

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    socket.on('end', () => (this.ending ??= 'fin'));
    socket.on('error', () => (this.ending ??= 'reset'));
    socket.on('close', () => (this.ending ??= 'reset'));
  }

  /** @param tls speaks TLS with these options */
  static async connect(port: number, tls?: ConnectionOptions): Promise<RawClient> {
    const at = { host: '127.0.0.1', port, allowHalfOpen: true };
    const socket = tls ? connectTls({ ...at, ...tls }) : connectTcp(at);
    await new Promise((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  /** Bytes received and not yet read as an answer. */
  get received(): Buffer {
    if (this.chunks.length > 0) this.bytes = Buffer.concat([this.bytes, ...this.chunks.splice(0)]);
    return this.bytes;
  }

  /** @param bytes text is latin1 */
  write(bytes: string | Buffer): void {
    this.socket.write(bytes, 'latin1');
  }

  /** Ends the sending half. */
  end(): void {
    this.socket.end();
  }

  /** Goes away with FIN. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Goes away with RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** The next final answer, whole, or as much as came before the connection ended. */
  async answer({ toHead = false, within = 10_000 } = {}): Promise<RawAnswer> {
    for (;;) {
      let parsed: RawAnswer | undefined;
      await until(() => {
        const ended = this.ending !== undefined;
        parsed = parseAnswer(this.received, toHead, ended);
        return parsed !== undefined || ended;
      }, within);
      if (!parsed) throw new Error(`no answer but ${JSON.stringify(this.received.toString())}`);
      this.bytes = this.bytes.subarray(parsed.size);
      if (parsed.status >= 200 || parsed.status === 101) return parsed;
      this.interim.push(parsed);
    }
  }

  /** @returns how the other side ended the connection */
  async ended(within = 5000): Promise<Ending> {
    await until(() => this.ending !== undefined, within);
    return this.ending!;
  }
}

/** A request's bytes; Host and, with a body, Content-Length are added where `lines` lack them. */
export function requestBytes(
  requestLine: string,
  lines: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const all = [...lines];
  const has = (name: string): boolean => all.some((line) => line.toLowerCase().startsWith(name));
  if (!has('host:')) all.unshift('Host: engine.test');
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const framed = has('content-length:') || has('transfer-encoding:');
  if (bytes.length > 0 && !framed) all.push(`Content-Length: ${bytes.length}`);
  const head = `${requestLine} HTTP/1.1\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** One exchange on a connection of its own. */
export async function rawExchange(
  port: number,
  bytes: string | Buffer,
  options: { toHead?: boolean; within?: number } = {},
): Promise<RawAnswer> {
  const client = await RawClient.connect(port);
  try {
    client.write(bytes);
    return await client.answer(options);
  } finally {
    client.destroy();
  }
}
