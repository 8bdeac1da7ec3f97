import { afterEach, describe, expect, it } from '@jest/globals';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import { RawClient, rawExchange, requestBytes, until } from '../../test/support/raw-client.js';
import type { ProxyError } from '../errors/proxy.error.js';
import type { BufferedAnswer, LegBeside } from './exchange.js';
import { HeldAnswer } from './held-answer.js';
import { parseResponseHead } from './wire/response-head.js';

type Failure = BufferedAnswer | ProxyError | undefined;

describe(HeldAnswer.name, () => {
  let engine: NetEngine;
  let front: ProxyFront;
  let clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients) client.reset();
    clients = [];
    await front.stop();
    await engine.stop();
  });

  /** A prefill that ends as the test says. */
  async function start(onHead: OnHead, holds = 0) {
    engine = await NetEngine.start(onHead);
    front = await ProxyFront.start(engine.port);
    const prefill = Promise.withResolvers<Failure>();
    let aborts = 0;
    const beside: LegBeside = { failure: prefill.promise, holds, abort: () => aborts++ };
    front.beside = beside;
    return { prefill, aborted: () => aborts };
  }

  async function ask(): Promise<RawClient> {
    const client = await RawClient.connect(front.port);
    clients.push(client);
    client.write(requestBytes('GET /'));
    return client;
  }

  const pause = (milliseconds = 30): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));

  it('passes nothing on before the prefill is done, then all of it', async () => {
    const { prefill, aborted } = await start(saying(whole('hello')));
    const client = await ask();
    await until(() => engine.heads === 1);
    await pause();
    expect(client.received.length).toBe(0);
    prefill.resolve(undefined);
    await until(() => client.received.toString().endsWith('hello'));
    expect(aborted()).toBe(0);
  });

  it('passes a stream on as it comes, once it is released', async () => {
    const { prefill } = await start(({ socket }) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    });
    const client = await ask();
    const { socket } = await engine.connection();
    await until(() => engine.heads === 1);
    socket.write('3\r\ntwo\r\n');
    await pause();
    expect(client.received.length).toBe(0);
    prefill.resolve(undefined);
    await until(() => client.received.toString().includes('two'));
    socket.write('5\r\nthree\r\n0\r\n\r\n');
    await until(() => client.received.toString().endsWith('0\r\n\r\n'));
    expect(client.received.toString()).toMatch(/103 .*200 OK.*one.*two.*three/s);
  });

  it('keeps one read, and lets the engine wait with the rest', async () => {
    const size = 64 * 1024 * 1024;
    let socketOf: NetEngine['connections'][number]['socket'];
    const { prefill } = await start(({ socket }) => {
      socketOf = socket;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'x'));
    });
    const client = await ask();
    await until(() => engine.heads === 1);
    await pause(100);
    expect(socketOf!.writableLength).toBeGreaterThan(size / 2);
    prefill.resolve(undefined);
    let got = 0;
    client.socket.on('data', (bytes: Buffer) => (got += bytes.length));
    await until(() => got > size);
  }, 30_000);

  it("gives the client the prefiller's answer instead, of which it has nothing", async () => {
    const { prefill } = await start(saying(whole('hello')));
    const head = parseResponseHead('HTTP/1.1 422 No\r\nX-A: 1', false);
    const answer = rawExchange(front.port, requestBytes('GET /'));
    await until(() => engine.heads === 1);
    await pause();
    prefill.resolve({ head, body: Buffer.from('no!') });
    const { status, body } = await answer;
    expect([status, body.toString()]).toEqual([422, 'no!']);
  });

  it('answers with an error when the prefill takes too long, and ends both legs', async () => {
    const { aborted } = await start(
      saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'),
      40,
    );
    const answer = await rawExchange(front.port, requestBytes('GET /'));
    expect(answer.status).toBe(504);
    expect(front.errors).toMatchObject([{ code: 'prefill_late' }]);
    expect(aborted()).toBe(1);
    const { connections } = engine;
    await until(() => connections[0]!.ending !== undefined);
  });

  it('passes a refusal on at once and ends the prefill', async () => {
    const { aborted } = await start(saying('HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad'));
    const { status, body } = await rawExchange(front.port, requestBytes('GET /'));
    expect([status, body.toString(), aborted()]).toEqual([400, 'bad', 1]);
  });

  it('takes a decoder that breaks off for one that did not answer', async () => {
    const { aborted } = await start(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      setTimeout(() => socket.destroy(), 20);
    });
    expect((await rawExchange(front.port, requestBytes('GET /'))).status).toBe(502);
    expect(aborted()).toBe(1);
  });

  it('cuts the client off when the decoder broke off meanwhile', async () => {
    const { prefill } = await start(({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel');
    });
    const client = await ask();
    await until(() => engine.heads === 1);
    await pause();
    prefill.resolve(undefined);
    await until(() => client.ending !== undefined);
    expect(front.exchanges[0]!.outcome).toBe('upstream_cut');
  });

  it('leaves the engine when the client leaves', async () => {
    const { prefill } = await start(saying('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel'), 60);
    const client = await ask();
    await until(() => engine.heads === 1);
    client.reset();
    const { connections } = engine;
    await until(() => connections[0]!.ending !== undefined);
    prefill.resolve(undefined);
    await pause(80);
    expect(front.errors).toEqual([]);
  });
});
