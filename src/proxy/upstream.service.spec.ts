import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerRecorder } from '../../test/support/answer-recorder.js';
import { freePort } from '../../test/support/free-port.js';
import {
  NetEngine,
  saying,
  whole,
  type NetEngineOptions,
  type OnHead,
} from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import type { Origin } from './origin.js';
import { UpstreamService, type UpstreamCall, type UpstreamRequest } from './upstream.service.js';

const GET: UpstreamRequest = {
  head: 'GET / HTTP/1.1\r\nHost: e\r\n\r\n',
  body: undefined,
  toHead: false,
  connectTimeout: 0,
  headTimeout: 0,
};

const originOf = (port: number, addresses = ['127.0.0.1']): Origin => ({
  key: `test ${port}`,
  label: `engine:${port}`,
  addresses,
  port,
});

describe(UpstreamService.name, () => {
  let upstream: UpstreamService;
  let engines: NetEngine[];
  beforeEach(() => {
    upstream = new UpstreamService(4);
    engines = [];
  });
  afterEach(async () => {
    upstream.onApplicationShutdown();
    for (const engine of engines) await engine.stop();
  });

  const start = async (onHead: OnHead, options?: NetEngineOptions): Promise<NetEngine> => {
    const engine = await NetEngine.start(onHead, options);
    engines.push(engine);
    return engine;
  };
  const send = (
    engine: NetEngine,
    request: Partial<UpstreamRequest> = {},
  ): { answer: AnswerRecorder; call: UpstreamCall } => {
    const answer = new AnswerRecorder();
    const call = upstream.request(originOf(engine.port), { ...GET, ...request }, answer);
    return { answer, call };
  };
  const ask = (engine: NetEngine, request?: Partial<UpstreamRequest>): Promise<AnswerRecorder> =>
    send(engine, request).answer.settled();

  describe('a connection', () => {
    it('serves one request after another', async () => {
      const engine = await start(saying(whole('hi', 'X-A: b\r\n')));
      for (let round = 0; round < 5; round++) {
        const answer = await ask(engine);
        expect(answer).toMatchObject({ payload: 'hi', done: true, late: 0 });
        expect(answer.head!.headers).toEqual(['X-A', 'b', 'Content-Length', '2']);
      }
      expect(engine.connections).toHaveLength(1);
      expect(engine.heads).toBe(5);
    });

    it('is not shared by requests at the same time', async () => {
      const engine = await start(({ socket }) => setTimeout(() => socket.write(whole()), 30));
      const answers = await Promise.all([1, 2, 3].map(() => ask(engine)));
      expect(answers.map(({ payload }) => payload)).toEqual(['ok', 'ok', 'ok']);
      expect(engine.connections).toHaveLength(3);
    });

    it('is kept up to the number that is allowed', async () => {
      const engine = await start(({ socket }) => setTimeout(() => socket.write(whole()), 30));
      await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(engine)));
      await until(() => engine.open === 4);
      await sleep(20);
      expect(engine.open).toBe(4);
    });

    it('belongs to the origin that it was made for', async () => {
      const engine = await start(saying(whole()));
      await ask(engine);
      const answer = new AnswerRecorder();
      upstream.request({ ...originOf(engine.port), key: 'another' }, GET, answer);
      await answer.settled();
      expect(engine.connections).toHaveLength(2);
    });

    it.each([
      ['the engine says close', whole('ok', 'Connection: close\r\n')],
      ['bytes came behind the answer', `${whole()}x`],
      ['a second answer came behind it', whole() + whole('evil')],
      ['a body came with 204', 'HTTP/1.1 204 x\r\nContent-Length: 4\r\n\r\nevil'],
      ['the engine speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ])('is not used again when %s', async (_why, bytes) => {
      const engine = await start(saying(bytes));
      await ask(engine);
      await until(() => engine.open === 0);
      expect(await ask(engine)).toMatchObject({ done: true, late: 0 });
      expect(engine.connections).toHaveLength(2);
    });

    it('is not used again when the engine spoke unasked', async () => {
      const engine = await start(saying(whole()));
      await ask(engine);
      engine.connections[0]!.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
      await until(() => engine.open === 0);
      expect((await ask(engine)).payload).toBe('ok');
      expect(engine.connections).toHaveLength(2);
    });

    it('is used again after HEAD, 304 and chunks', async () => {
      const chunks =
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n';
      const engine = await start(({ socket }, count) => {
        const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
        socket.write([head, head.replace('200', '304'), chunks][count - 1]!);
      });
      expect((await ask(engine, { toHead: true })).payload).toBe('');
      expect((await ask(engine)).head!.statusCode).toBe(304);
      expect(await ask(engine)).toMatchObject({ payload: 'ok', trailers: 'A: b\r\n' });
      expect(engine.connections).toHaveLength(1);
    });

    it('is given up before the engine gives it up, as Keep-Alive tells', async () => {
      const engine = await start(saying(whole('ok', 'Keep-Alive: timeout=1\r\n')));
      await ask(engine);
      await ask(engine);
      expect(engine.connections).toHaveLength(2);
      await until(() => engine.open === 0, 3000);
    });

    it('stays longer when Keep-Alive says so, and is swept when its time is over', async () => {
      const engine = await start(saying(whole('ok', 'Keep-Alive: timeout=2\r\n')));
      await ask(engine);
      await sleep(300);
      await ask(engine);
      expect(engine.connections).toHaveLength(1);
      await until(() => engine.open === 0, 4000);
      expect(engine.connections[0]!.ending).toBeDefined();
    });
  });

  describe('an idle connection that the engine closed', () => {
    it.each(['fin', 'rst'] as const)('by %s is not used', async (how) => {
      const engine = await start(saying(whole()));
      await ask(engine);
      const { socket } = engine.connections[0]!;
      if (how === 'fin') socket.end();
      else socket.resetAndDestroy();
      await sleep(30);
      expect((await ask(engine)).payload).toBe('ok');
      expect(engine.connections).toHaveLength(2);
    });

    it.each(['fin', 'rst'] as const)(
      'by %s when the request came is replaced once, unseen',
      async (how) => {
        const engine = await start(({ socket }, count) => {
          if (count !== 2) socket.write(whole(`answer ${count}`));
          else if (how === 'fin') socket.end();
          else socket.resetAndDestroy();
        });
        await ask(engine);
        await sleep(150);
        const body = ['{"a":', '1}'].map((text) => Buffer.from(text));
        const head = 'POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n';
        expect(await ask(engine, { head, body })).toMatchObject({ payload: 'answer 3', late: 0 });
        expect(engine.connections[1]!.received).toBe(`${head}{"a":1}`);
        expect(engine.connections).toHaveLength(2);
      },
    );

    it('is not replaced by a second stale one', async () => {
      const engine = await start(({ socket }, count) => {
        if (count <= 2) setTimeout(() => socket.write(whole()), 30);
        else socket.resetAndDestroy();
      });
      await Promise.all([ask(engine), ask(engine)]);
      await sleep(150);
      expect((await ask(engine)).failure!.failure).toBe('reset');
      expect(engine.heads).toBe(4);
      expect(engine.connections).toHaveLength(3);
    });

    it('is not replaced when it was in use a moment ago: the engine may have begun', async () => {
      const engine = await start(({ socket }, count) => {
        if (count === 1) socket.write(whole());
        else socket.resetAndDestroy();
      });
      await ask(engine);
      expect((await ask(engine)).failure!.failure).toBe('reset');
      expect(engine.heads).toBe(2);
    });

    it.each(['H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'])(
      'is not replaced after a part of an answer: %j',
      async (part) => {
        const engine = await start(({ socket }, count) => {
          if (count === 1) return void socket.write(whole());
          socket.end(part);
        });
        await ask(engine);
        await sleep(150);
        expect((await ask(engine)).failure!.failure).toBe('reset');
        expect(engine.heads).toBe(2);
      },
    );
  });

  describe('a failure', () => {
    it('to connect is told after the last address', async () => {
      const answer = new AnswerRecorder();
      upstream.request(originOf(await freePort(), ['127.0.0.1', '::1']), GET, answer);
      await answer.settled();
      expect(answer.failure).toMatchObject({ name: 'UpstreamError', failure: 'connect' });
      expect(answer.failure!.message).toMatch(/^connect \(engine:\d+\)/);
      expect(answer.failure!.cause).toMatchObject({ code: 'ECONNREFUSED', address: '::1' });
      expect(answer.late).toBe(0);
    });

    it('at the first address is followed by the second one', async () => {
      const engine = await start(saying(whole()), { host: '::1' });
      const answer = new AnswerRecorder();
      upstream.request(originOf(engine.port, ['127.0.0.1', '::1']), GET, answer);
      expect((await answer.settled()).payload).toBe('ok');
    });

    it('of a name that does not resolve is one to connect', async () => {
      const answer = new AnswerRecorder();
      upstream.request(originOf(1, ['no-such-host.invalid']), GET, answer);
      expect((await answer.settled()).failure!.failure).toBe('connect');
    });

    it.each([
      ['reset', 'nothing', ''],
      ['reset', 'half a head', 'HTTP/1.1 200 OK\r\n'],
      ['reset', 'an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['truncated', 'half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'],
      ['truncated', 'no body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
      ['truncated', 'half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe'],
      [
        'truncated',
        'no last chunk',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n',
      ],
    ])('is %s when the engine ends the connection after %s', async (failure, _what, bytes) => {
      for (const end of ['fin', 'rst']) {
        const engine = await start(({ socket }) => {
          if (bytes) socket.write(bytes);
          setTimeout(() => (end === 'fin' ? socket.end() : socket.resetAndDestroy()), 20);
        });
        const answer = await ask(engine);
        expect(answer.failure!.failure).toBe(failure);
        expect(answer).toMatchObject({ done: false, late: 0 });
      }
    });

    it('is truncated when a body up to the close ends by a reset, and none when by FIN', async () => {
      const bytes = 'HTTP/1.1 200 OK\r\n\r\npart';
      const polite = await start(({ socket }) => socket.end(bytes));
      expect(await ask(polite)).toMatchObject({ done: true, payload: 'part', late: 0 });
      const rude = await start(({ socket }) => {
        socket.write(bytes);
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      const answer = await ask(rude);
      expect(answer.failure!.failure).toBe('truncated');
      expect(answer.payload).toBe('part');
    });

    it.each(['garbage\r\n\r\n', 'HTTP/1.1 200 OK\n\n', 'HTTP/1.1 101 x\r\n\r\n'])(
      'is one of the protocol for %j, and ends the connection',
      async (bytes) => {
        const engine = await start(saying(bytes));
        const answer = await ask(engine);
        expect(answer.failure).toMatchObject({ name: 'UpstreamError', failure: 'protocol' });
        await until(() => engine.open === 0);
      },
    );

    it('is a time-out when no head comes in time, not when the body takes longer', async () => {
      const silent = await start(() => undefined);
      expect((await ask(silent, { headTimeout: 40 })).failure!.failure).toBe('head-timeout');
      await until(() => silent.connections[0]!.ending !== undefined);

      const slow = await start(({ socket }) => {
        socket.write('HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
        setTimeout(() => socket.write('ok'), 120);
      });
      expect(await ask(slow, { headTimeout: 60 })).toMatchObject({ payload: 'ok', late: 0 });
    });

    it('is a time-out when interim answers come but no final one', async () => {
      const engine = await start(saying('HTTP/1.1 102 x\r\n\r\n'));
      expect((await ask(engine, { headTimeout: 40 })).failure!.failure).toBe('head-timeout');
    });
  });

  describe('an abort', () => {
    it('while connecting is silent', async () => {
      const engine = await start(saying(whole()));
      const { answer, call } = send(engine);
      call.abort();
      await sleep(50);
      expect(answer).toMatchObject({ reads: 0, failure: undefined });
      expect(engine.heads).toBe(0);
    });

    it.each([
      ['before the head', ''],
      ['in the head', 'HTTP/1.1 200'],
      ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'],
    ])('%s resets the connection and calls nobody back', async (_when, bytes) => {
      const engine = await start(({ socket }) => bytes !== '' && socket.write(bytes));
      const { answer, call } = send(engine, { headTimeout: 300 });
      const connection = await engine.connection();
      await until(() => engine.heads === 1);
      await sleep(20);
      const { reads } = answer;
      call.abort();
      await until(() => connection.ending !== undefined);
      expect(connection.ending).toBe('reset');
      await sleep(320);
      expect(answer).toMatchObject({ reads, failure: undefined, done: false });
    });

    it('after the answer does nothing to the connection, which may serve others', async () => {
      const engine = await start(saying(whole()));
      const { answer, call } = send(engine);
      await answer.settled();
      call.abort();
      call.pause();
      call.resume();
      await ask(engine);
      expect(engine.connections).toHaveLength(1);
    });

    it('is possible twice, and while a large body is being sent', async () => {
      const engine = await start(({ socket }) => socket.pause());
      const body = [Buffer.alloc(8 * 1024 * 1024)];
      const head = `POST / HTTP/1.1\r\nContent-Length: ${body[0]!.length}\r\n\r\n`;
      const { answer, call } = send(engine, { head, body });
      const connection = await engine.connection();
      await until(() => engine.heads === 1);
      call.abort();
      call.abort();
      connection.socket.resume();
      await until(() => connection.ending !== undefined);
      expect(answer.failure).toBeUndefined();
    });

    it('inside a read stops the reading', async () => {
      const engine = await start(saying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
      const answer = new AnswerRecorder();
      const call = upstream.request(originOf(engine.port), GET, {
        onRead: (read) => {
          answer.onRead(read);
          call.abort();
        },
        onFailure: (error) => answer.onFailure(error),
      });
      await until(() => engine.connections[0]?.ending !== undefined);
      expect(answer).toMatchObject({ reads: 1, failure: undefined });
    });
  });

  describe('a body', () => {
    it.each([0, 1, 1000, 100_000])('of slices arrives joined, %d bytes each', async (size) => {
      const slices = [Buffer.alloc(size, 'a'), Buffer.alloc(0), Buffer.alloc(size, 'b')];
      const head = `POST /\xe9 HTTP/1.1\r\nContent-Length: ${2 * size}\r\n\r\n`;
      const engine = await start((connection) => {
        const all = (): boolean => connection.received.length >= head.length + 2 * size;
        void until(all).then(() => connection.socket.write(whole()));
      });
      await ask(engine, { head, body: slices });
      const [{ received }] = engine.connections as [{ received: string }];
      expect(received === head + 'a'.repeat(size) + 'b'.repeat(size)).toBe(true);
    });

    it('whose answer came too early leaves a connection that is not used again', async () => {
      const engine = await start(({ socket }) => {
        socket.pause();
        socket.write(whole('too large'));
      });
      const body = [Buffer.alloc(8 * 1024 * 1024)];
      const head = `POST / HTTP/1.1\r\nContent-Length: ${body[0]!.length}\r\n\r\n`;
      expect(await ask(engine, { head, body })).toMatchObject({ payload: 'too large', late: 0 });
      engine.connections[0]!.socket.resume();
      await until(() => engine.open === 0);
    });
  });

  it('reads no more while paused, and goes on after resume', async () => {
    const size = 16 * 1024 * 1024;
    const engine = await start(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size));
    });
    const { answer, call } = send(engine);
    await until(() => answer.head !== undefined);
    call.pause();
    await sleep(30);
    const { length } = answer.payload;
    await sleep(50);
    expect(answer.payload.length).toBe(length);
    expect(length).toBeLessThan(size);
    call.resume();
    await answer.settled();
    expect(answer.payload.length).toBe(size);
  });

  describe('shutdown', () => {
    it('closes idle connections at once', async () => {
      const engine = await start(saying(whole()));
      await ask(engine);
      expect(engine.open).toBe(1);
      upstream.onApplicationShutdown();
      await until(() => engine.open === 0);
    });

    it('keeps no connection whose answer ends later', async () => {
      const engine = await start(({ socket }) => setTimeout(() => socket.write(whole()), 60));
      const { answer } = send(engine);
      await until(() => engine.heads === 1);
      upstream.onApplicationShutdown();
      expect((await answer.settled()).payload).toBe('ok');
      await until(() => engine.open === 0, 500);
    });
  });
});
