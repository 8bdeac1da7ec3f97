import http2 from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { http2Cases, type Http2Case } from '../cases/http2.js';
import { http2Request, isOver } from '../client/http2-frames.js';
import { plainAnswer, RecordingEngine } from '../engine/recording-engine.js';
import type { Judgement } from '../judge.js';
import { ProxyUnderTest } from '../proxy/proxy-under-test.js';
import type { Suite } from './suite.js';

const PATIENCE_MS = 400;
const PROBE_MS = 3_000;

let counter = 0;

/** Requests over HTTP/2 that try to become more than one on the way to the engine. */
export const HTTP2: Suite = {
  name: 'http2',
  skipped: ({ sidecar }) => (sidecar ? undefined : 'it is started without TLS'),
  async *run({ proxy, quick }) {
    const engine = await RecordingEngine.start();
    const words = proxy.command.words.map((word) =>
      word.replace('secure-proxy=false', 'secure-proxy=true'),
    );
    const secure = await ProxyUnderTest.start(
      { name: proxy.command.name, words },
      engine.port,
      isServing,
    );
    engine.respond = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
    try {
      for (const testCase of http2Cases(quick)) {
        const { group, name } = testCase;
        yield { group, name, ...(await runCase(secure.port, engine, testCase)) };
      }
      if (secure.ended) throw new Error('the proxy has ended');
      for (const line of secure.defects) throw new Error(`the proxy logged ${line}`);
    } finally {
      await secure.stop();
      await engine.stop();
    }
  },
};

async function runCase(
  port: number,
  engine: RecordingEngine,
  testCase: Http2Case,
): Promise<Judgement> {
  engine.clear();
  await send(port, http2Request(testCase.fields, testCase.body, testCase.trailers));
  const id = `h${counter++}`;
  const echo = await probe(port, id);
  const violation = (reason: string): Judgement => ({ verdict: 'violation', reason });
  if (echo !== id) return violation(`another client got ${echo ?? 'nothing'}`);
  if (engine.problems.length > 0) return violation(`the engine received ${engine.problems[0]}`);
  const seen = engine.requests.filter(({ target }) => target !== '/probe');
  if (seen.length > 1) return violation(`the engine received ${seen.length} requests`);
  const [request] = seen;
  if (request?.target === '/smuggled') return violation('the engine received what was hidden');
  // A body that its length does not cover is cut off, and no part of it arrives elsewhere.
  if (request?.body && request.body !== testCase.body) return violation('the body is another one');
  if (testCase.must === 'refuse' && request !== undefined)
    return {
      verdict: 'lenient',
      reason: `the engine received ${request.method} ${request.target}`,
    };
  if (testCase.must === 'pass' && request === undefined)
    return { verdict: 'failed', reason: 'a sound request did not arrive' };
  return { verdict: 'ok', reason: '' };
}

/** Sends bytes and waits for the last word on them. */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = await open(port);
  const received: Buffer[] = [];
  socket.write(bytes);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      if (isOver(Buffer.concat(received))) end();
    });
    socket.once('close', end);
  });
  socket.destroy();
}

async function open(port: number): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket.on('error', () => undefined);
}

/** @returns what the engine echoed to a client of its own */
async function probe(port: number, id: string): Promise<string | undefined> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  try {
    return await new Promise((resolve) => {
      const stream = session.request({ ':path': '/probe', 'x-probe': id });
      stream.setTimeout(PROBE_MS, () => resolve(undefined));
      stream.on('response', (headers) => resolve(headers['x-probe-echo'] as string | undefined));
      stream.on('error', () => resolve(undefined));
      stream.resume();
    });
  } finally {
    session.destroy();
  }
}

const isServing = async (port: number): Promise<boolean> =>
  (await probe(port, 'ready')) === 'ready';
