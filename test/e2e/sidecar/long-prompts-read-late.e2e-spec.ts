import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { KV_PARAMS } from '../../support/fake-engine.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const MIB = 1024 * 1024;
const HEAD_END = '\r\n\r\n';
const KV_ANSWER = JSON.stringify({ kv_transfer_params: KV_PARAMS });

/** A prompt in which every place looks different. */
function bodyOf(seed: number): Buffer {
  const prompt = Buffer.alloc(8 * MIB, 'x');
  for (let at = 0; at < prompt.length - 32; at += 64) prompt.write(`${seed}-${at} `, at, 'latin1');
  return Buffer.concat([Buffer.from('{"prompt":"'), prompt, Buffer.from('"}')]);
}

/** A request's body as it arrives, and whether that is all of it. */
interface Upload {
  readonly socket: Socket;
  head: string;
  body: Buffer[];
  /** Bytes of the body so far. */
  size: number;
  complete: boolean;
}

/** An engine that answers each request with given bytes; the first one before it reads the body. */
class LateReader {
  readonly uploads: Upload[] = [];
  private constructor(
    private readonly server: Server,
    private readonly answer: string,
  ) {}

  static async start(answer: string): Promise<LateReader> {
    const server = createServer({ noDelay: true });
    const reader = new LateReader(server, answer);
    server.on('connection', (socket) => reader.serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return reader;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.uploads) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    const isLate = this.uploads.length === 0;
    const upload: Upload = { socket, head: '', body: [], size: 0, complete: false };
    this.uploads.push(upload);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      let piece = bytes;
      if (upload.head === '') {
        const end = bytes.indexOf(HEAD_END);
        upload.head = bytes.toString('latin1', 0, end);
        piece = bytes.subarray(end + HEAD_END.length);
        if (isLate) {
          socket.pause();
          socket.write(this.answer);
        }
      }
      upload.body.push(piece);
      upload.size += piece.length;
      const length = Number(/^content-length: (\d+)/im.exec(upload.head)![1]);
      if (upload.size < length) return;
      upload.complete = true;
      if (!isLate) socket.end(this.answer);
    });
  }
}

describe('a long prompt that an engine reads after it answered', () => {
  let fixture: SidecarFixture;
  let engine: LateReader;
  beforeEach(() => {
    engine = undefined as unknown as LateReader;
  });
  afterEach(async () => {
    await fixture.stop();
    await engine.stop();
  });

  const post = (body: Buffer, prefiller: string): Promise<Response> =>
    fetch(`${fixture.url}/v1/completions`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'x-prefiller-host-port': prefiller },
    });

  it('reaches a decoder as it was sent, though others came in between', async () => {
    const stream =
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n';
    engine = await LateReader.start(stream);
    fixture = await startFixture({ modelServerPort: engine.port });
    const first = await post(bodyOf(0), fixture.prefiller.hostPort);
    expect(first.status).toBe(200);
    for (let seed = 1; seed <= 3; seed++) {
      expect(await (await post(bodyOf(seed), fixture.prefiller.hostPort)).text()).toBe(
        'data: 1\n\n',
      );
    }
    const late = engine.uploads[0]!;
    expect(late.complete).toBe(false);
    late.socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    while (!late.complete) await new Promise((resolve) => setTimeout(resolve, 20));
    late.socket.end();
    expect(await first.text()).toBe('data: 1\n\n');
    engine.uploads.forEach(({ body }, seed) => {
      const sent = bodyOf(seed).subarray(0, -1);
      expect(Buffer.concat(body).subarray(0, sent.length).equals(sent)).toBe(true);
    });
  });

  it('reaches a prefiller only as it was sent, though the request is over', async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${KV_ANSWER.length}\r\n\r\n${KV_ANSWER}`;
    engine = await LateReader.start(answer);
    fixture = await startFixture();
    const hostPort = `127.0.0.1:${engine.port}`;
    for (let seed = 0; seed < 4; seed++) {
      expect((await post(bodyOf(seed), hostPort)).status).toBe(200);
    }
    const late = engine.uploads[0]!;
    const closed = new Promise((resolve) => late.socket.once('close', resolve));
    late.socket.resume();
    await closed;
    expect(late.size).toBeLessThan(8 * MIB);
    expect(Buffer.concat(late.body).equals(bodyOf(0).subarray(0, late.size))).toBe(true);
  });
});
