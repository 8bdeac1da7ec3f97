import { afterEach, describe, expect, it } from '@jest/globals';
import http2 from 'node:http2';
import {
  connectTo,
  startListener,
  type ListenerFixture,
} from '../../test/support/listener-fixture.js';
import { RawClient, until } from '../../test/support/raw-client.js';
import { valuesOf } from '../../test/support/raw-answer.js';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const start = ({ secure = false, idleGraceMs = 200 } = {}): Promise<ListenerFixture> =>
  startListener(cleanups, { secure, idleGraceMs });
const connect = (port: number, secure = false): Promise<RawClient> =>
  connectTo(cleanups, port, secure);
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('drain', () => {
  it.each([
    ['plain', false],
    ['TLS', true],
  ])('finishes %s streams, refuses new connections, then is done', async (_name, secure) => {
    const { port, listener, open } = await start({ secure });
    const streaming = await connect(port, secure);
    const waiting = await connect(port, secure);
    streaming.write(get('/stream'));
    waiting.write(get('/wait'));
    await until(() => open.size === 2);
    open.get('/stream')!.write('first ');
    await until(() => streaming.received.includes('first'));

    const drained = listener.drain(10_000);
    expect(listener.draining).toBe(true);
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    open.get('/stream')!.end('last');
    open.get('/wait')!.end('done');

    const answers = [await streaming.answer(), await waiting.answer()];
    expect(answers.map(({ complete }) => complete)).toEqual([true, true]);
    expect(answers[0]!.body.toString()).toBe('first last');
    expect(valuesOf(answers[1]!, 'connection')).toEqual(['close']);
    await drained;
  });

  it('serves a request on an open connection and closes it', async () => {
    const { port, listener } = await start({ idleGraceMs: 5_000 });
    const client = await connect(port);
    client.write(get('/quick/1'));
    expect(valuesOf(await client.answer(), 'connection')).toEqual(['keep-alive']);
    const drained = listener.drain(10_000);
    client.write(get('/quick/2'));
    const answer = await client.answer();
    expect(answer.body.toString()).toBe('quick');
    expect(valuesOf(answer, 'connection')).toEqual(['close']);
    await client.ended();
    await drained;
  });

  it('serves idle connections as long as a request is in flight', async () => {
    const { port, listener, open } = await start({ idleGraceMs: 0 });
    const idle = await connect(port);
    idle.write(get('/quick/1'));
    await idle.answer();
    const unused = await connect(port);
    const streaming = await connect(port);
    streaming.write(get('/stream'));
    await until(() => open.size === 1);
    const drained = listener.drain(10_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    idle.write(get('/quick/2'));
    expect(valuesOf(await idle.answer(), 'connection')).toEqual(['close']);
    open.get('/stream')!.end('last');
    await streaming.answer();
    await unused.ended();
    await drained;
  });

  it('closes idle connections after the grace', async () => {
    const { port, listener } = await start({ idleGraceMs: 50 });
    const used = await connect(port);
    used.write(get('/quick'));
    await used.answer();
    const fresh = await connect(port);
    await listener.drain(60_000);
    await used.ended();
    await fresh.ended();
  });

  it('is done at once where nobody is connected', async () => {
    const { listener } = await start({ idleGraceMs: 60_000 });
    await listener.drain(60_000);
  });

  it('cuts at the deadline what is left, tunnels too', async () => {
    const { port, listener, open } = await start();
    const stuck = await connect(port);
    stuck.write(get('/stuck'));
    const tunnel = await connect(port);
    tunnel.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    await until(() => open.size === 1 && tunnel.received.length > 0);
    const drained = listener.drain(300);
    open.get('/stuck')!.write('part');
    await drained;
    await stuck.ended();
    await tunnel.ended();
    expect(stuck.received.toString()).not.toContain('0\r\n\r\n');
  });

  it('lets a tunnel end by itself', async () => {
    const { port, listener } = await start({ idleGraceMs: 0 });
    const tunnel = await connect(port);
    tunnel.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    await until(() => tunnel.received.length > 0);
    let done = false;
    const drained = listener.drain(60_000).then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(done).toBe(false);
    tunnel.destroy();
    await drained;
  });

  it('says GOAWAY to HTTP/2 clients and finishes their streams', async () => {
    const { port, listener, open } = await start({ secure: true });
    const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    cleanups.push(() => session.destroy());
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/stream' });
    const chunks: string[] = [];
    let goneAway = false;
    let ended = false;
    session.on('goaway', () => (goneAway = true));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    stream.on('end', () => (ended = true));
    await until(() => open.size === 1);
    open.get('/stream')!.write('first ');
    await until(() => chunks.length === 1);
    const drained = listener.drain(20_000);
    await until(() => goneAway);
    open.get('/stream')!.end('last');
    await until(() => ended);
    expect(chunks.join('')).toBe('first last');
    expect(stream.rstCode).toBe(0);
    await drained;
  });

  it('resets HTTP/2 streams at the deadline', async () => {
    const { port, listener, open } = await start({ secure: true });
    const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    cleanups.push(() => session.destroy());
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/stuck' });
    let ended = false;
    stream.on('error', () => undefined);
    stream.on('end', () => (ended = true));
    await until(() => open.size === 1);
    open.get('/stuck')!.write('part');
    await listener.drain(200);
    await until(() => stream.closed || stream.destroyed);
    expect(ended && stream.rstCode === 0).toBe(false);
  });
});
