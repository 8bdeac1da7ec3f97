import { afterEach, describe, expect, it } from '@jest/globals';
import http2, { type ClientHttp2Session } from 'node:http2';
import {
  connectTo,
  startListener,
  type ListenerFixture,
} from '../../test/support/listener-fixture.js';
import { type RawClient, until } from '../../test/support/raw-client.js';
import { valuesOf } from '../../test/support/raw-answer.js';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const start = (secure = false): Promise<ListenerFixture> => startListener(cleanups, { secure });
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** What an answer says of its connection. */
async function saidOf(client: RawClient): Promise<string> {
  return valuesOf(await client.answer(), 'connection').join();
}

describe.each([
  ['plain', false],
  ['TLS', true],
])('HTTP/1.1 connections that are let go, %s', (_name, secure) => {
  const connect = (port: number): Promise<RawClient> => connectTo(cleanups, port, secure);

  it('get one more answer each, and new ones are accepted', async () => {
    const { port, listener } = await start(secure);
    const kept = await connect(port);
    kept.write(get('/quick'));
    expect(await saidOf(kept)).toBe('keep-alive');
    listener.endConnections();
    kept.write(get('/quick'));
    expect(await saidOf(kept)).toBe('close');
    await kept.ended();
    const fresh = await connect(port);
    fresh.write(get('/quick'));
    expect(await saidOf(fresh)).toBe('close');
    expect(listener.draining).toBe(false);
  });

  it('are closed when idle, or after the stream that they carry', async () => {
    const { port, listener, open } = await start(secure);
    const [idle, streaming] = [await connect(port), await connect(port)];
    streaming.write(get('/stream'));
    await until(() => open.size === 1);
    open.get('/stream')!.write('first ');
    await until(() => streaming.received.includes('first'));
    listener.endConnections();
    listener.closeIdle();
    await idle.ended();
    open.get('/stream')!.end('last');
    const answer = await streaming.answer();
    expect([answer.complete, answer.body.toString()]).toEqual([true, 'first last']);
    expect(await streaming.ended()).toBe('fin');
  });

  it('are kept again, but not once a drain began', async () => {
    const { port, listener, open } = await start(secure);
    listener.endConnections();
    listener.keepConnections();
    const kept = await connect(port);
    kept.write(get('/quick'));
    expect(await saidOf(kept)).toBe('keep-alive');
    kept.write(get('/wait'));
    await until(() => open.size === 1);
    const drained = listener.drain(20_000);
    listener.keepConnections();
    open.get('/wait')!.end('done');
    expect(await saidOf(kept)).toBe('close');
    await drained;
  });
});

describe('HTTP/2 connections that are let go', () => {
  const connect = (port: number): { session: ClientHttp2Session; goneAway: () => boolean } => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    cleanups.push(() => session.destroy());
    let isGone = false;
    session.on('error', () => undefined).on('goaway', () => (isGone = true));
    return { session, goneAway: () => isGone };
  };
  const ask = (
    session: ClientHttp2Session,
    path: string,
  ): { text: () => string | undefined; began: () => boolean } => {
    const stream = session.request({ ':path': path });
    let text = '';
    let isWhole = false;
    stream.on('error', () => undefined).on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => (isWhole = true));
    return {
      text: () => (isWhole && stream.rstCode === 0 ? text : undefined),
      began: () => text !== '',
    };
  };

  it('get GOAWAY with the next answer, and their streams end', async () => {
    const { port, listener, open } = await start(true);
    const { session, goneAway } = connect(port);
    const long = ask(session, '/stream');
    await until(() => open.size === 1);
    open.get('/stream')!.write('first ');
    await until(() => long.began());
    listener.endConnections();
    const quick = ask(session, '/quick');
    await until(() => quick.text() === 'quick' && goneAway());
    open.get('/stream')!.end('last');
    await until(() => long.text() === 'first last' && session.destroyed);
    const fresh = connect(port);
    const answer = ask(fresh.session, '/quick');
    await until(() => answer.text() === 'quick' && fresh.goneAway());
  });

  it('get it when idle connections are closed, whatever they carry', async () => {
    const { port, listener, open } = await start(true);
    const [idle, busy] = [connect(port), connect(port)];
    const quick = ask(idle.session, '/quick');
    const long = ask(busy.session, '/stream');
    await until(() => quick.text() === 'quick' && open.size === 1);
    open.get('/stream')!.write('first ');
    listener.endConnections();
    listener.closeIdle();
    await until(() => idle.session.destroyed && busy.goneAway());
    open.get('/stream')!.end('last');
    await until(() => long.text() === 'first last' && busy.session.destroyed);
  });
});
