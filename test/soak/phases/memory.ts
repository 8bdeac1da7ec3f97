import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { pause } from '../../bench/wire/clock.js';
import { atMost, none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { Client } from '../wire/client.js';
import { Engine, type EngineCall } from '../wire/engine.js';
import { answerHead, chunkOf, jsonAnswer, requestBytes } from '../wire/messages.js';
import { inParallel } from './pool.js';
import { type Phase, scaled } from './phase.js';

const MIB = 1024 * 1024;
const READERS = 50;
const STALLED_MIB = 64;
const STREAM_BYTES = 100 * MIB;
/** A process that has never streamed much yet grows by what V8 leaves uncollected. */
const FIRST_BYTES = 20 * MIB;
const STREAMED_MIB = 32;
const WARM_UP = 3000;
const PIECE = Buffer.alloc(64 * 1024, 'soak ');
const FRAMED = chunkOf(PIECE);
/** An engine that got rid of nothing for this long has stopped. */
const STOPPED_MS = 1500;

/** Readers that stop reading, and bodies too large to be held. */
export const MEMORY: Phase = {
  name: 'memory',
  title: 'memory',
  run: async ({ program, scale }) => {
    const engines = new Flood();
    const engine = await Engine.listen(engines);
    const subject = await Subject.start(program(), engine.port);
    try {
      await warmUp(subject, scaled(WARM_UP, scale, 300));
      const stalled = await stallReaders(subject, engines);
      await pause(1000);
      await subject.heap();
      const first = await stream(subject, engines, FIRST_BYTES);
      const streamed = await stream(subject, engines, STREAM_BYTES * Math.max(scale.share, 0.2));
      const warmth = told('the first 20 MiB streamed up and down: growth', first.growth, 'MiB');
      const figures = [
        told('streamed each way', streamed.megabytes, 'MiB'),
        atMost(STREAMED_MIB, 'streamed up and down: growth', streamed.growth, 'MiB'),
        none('streams that arrived with other bytes', first.wrong + streamed.wrong),
      ];
      return { figures: [...stalled, warmth, ...figures], problems: [] };
    } finally {
      await subject.stop();
      engine.close();
    }
  },
};

/** Takes uploads, and gives downloads as fast as they are taken. */
class Flood {
  readonly sockets = new Set<Socket>();
  uploaded = createHash('sha256');
  /** Bytes of a download. */
  size = 0;

  onBody(call: EngineCall, bytes: Buffer): void {
    if (call.path === '/upload') this.uploaded.update(bytes);
  }

  onRequest(call: EngineCall): void {
    if (call.path === '/stalled') return this.pour(call, Infinity);
    if (call.path === '/download') return this.pour(call, this.size / PIECE.length);
    call.finish(jsonAnswer(200, '{"ok":true}'));
  }

  /** Bytes that went out to stalled readers. */
  get sent(): number {
    return [...this.sockets].reduce((sum, one) => sum + one.bytesWritten - one.writableLength, 0);
  }

  private pour(call: EngineCall, pieces: number): void {
    const { socket } = call;
    this.sockets.add(socket);
    call.write(answerHead(200, 'application/octet-stream', undefined));
    let left = pieces;
    const more = (): void => {
      while (left-- > 0) if (!socket.write(FRAMED)) return;
      socket.off('drain', more);
      call.finish('0\r\n\r\n');
    };
    socket.on('drain', more);
    more();
  }
}

async function warmUp(subject: Subject, count: number): Promise<void> {
  const clients = Array.from({ length: 32 }, () => new Client(subject));
  const body = Buffer.from('{"model":"soak"}');
  await inParallel(count, clients.length, async (number, worker) => {
    await clients[worker]!.request(requestBytes({ path: '/warm', id: `warm-${number}`, body }));
  });
  for (const client of clients) client.leave();
  await subject.heap();
  await pause(500);
}

async function stallReaders(subject: Subject, engines: Flood) {
  const watch = new Peak(subject);
  const request = requestBytes({ path: '/stalled', id: 'stalled', body: Buffer.from('{}') });
  const readers = Array.from({ length: READERS }, () => {
    const socket = connect({ port: subject.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    // Without a reader of `data` a socket takes nothing from the kernel.
    socket.write(request);
    return socket;
  });
  let stoppedAt = performance.now();
  const started = stoppedAt;
  for (let sent = -1; performance.now() - stoppedAt < STOPPED_MS;) {
    await pause(100);
    if (engines.sent !== sent) stoppedAt = performance.now();
    ({ sent } = engines);
    if (performance.now() - started > 20_000) break;
  }
  const growth = watch.stop();
  const going = performance.now() - stoppedAt < STOPPED_MS ? READERS : 0;
  const took = engines.sent / MIB;
  for (const reader of readers) reader.destroy();
  engines.sockets.clear();
  return [
    atMost(STALLED_MIB, `${READERS} stalled readers: growth`, growth, 'MiB'),
    none('stalled readers: engines that write on', going),
    told('stalled readers: bytes on the way, kernel buffers included', took, 'MiB'),
  ];
}

async function stream(subject: Subject, engines: Flood, size: number) {
  const pieces = Math.ceil(size / PIECE.length);
  engines.size = pieces * PIECE.length;
  engines.uploaded = createHash('sha256');
  const expected = createHash('sha256');
  for (let i = 0; i < pieces; i++) expected.update(PIECE);
  const right = expected.digest('hex');
  const watch = new Peak(subject);
  const [up, down] = await Promise.all([
    upload(subject, pieces).then(() => engines.uploaded.digest('hex')),
    download(subject),
  ]);
  return {
    growth: watch.stop(),
    megabytes: Math.round(engines.size / MIB),
    wrong: [up, down].filter((one) => one !== right).length,
  };
}

async function upload(subject: Subject, pieces: number): Promise<void> {
  const client = new Client(subject);
  const length = pieces * PIECE.length;
  const head = `POST /upload HTTP/1.1\r\nhost: soak\r\nx-request-id: up\r\ncontent-length: ${length}\r\n\r\n`;
  const answer = client.request(Buffer.from(head));
  for (let i = 0; i < pieces; i++) {
    if (client.write(PIECE)) continue;
    await new Promise((resolve) => client.socket?.once('drain', resolve));
  }
  await answer;
  client.leave();
}

async function download(subject: Subject): Promise<string> {
  const client = new Client(subject);
  const hash = createHash('sha256');
  await client.request(requestBytes({ path: '/download', id: 'down', body: Buffer.from('{}') }), {
    onData: (bytes) => void hash.update(bytes),
  });
  client.leave();
  return hash.digest('hex');
}

/** The most that a program's resident memory grows. */
class Peak {
  private readonly before: number;
  private most: number;
  private readonly timer: NodeJS.Timeout;
  private readonly subject: Subject;

  constructor(subject: Subject) {
    this.subject = subject;
    this.before = subject.rss();
    this.most = this.before;
    this.timer = setInterval(() => this.sample(), 50);
  }

  /** @returns MiB */
  stop(): number {
    clearInterval(this.timer);
    this.sample();
    return (this.most - this.before) / MIB;
  }

  private sample(): void {
    this.most = Math.max(this.most, this.subject.rss());
  }
}
