import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerRecorder } from '../../test/support/answer-recorder.js';
import { saying, whole } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { GET, originOf, UpstreamHarness } from '../../test/support/upstream-harness.js';
import { UpstreamService } from './upstream.service.js';

/** Well below the time after which an idle connection is closed in any case. */
const AT_ONCE = 2500;

describe(UpstreamService.name, () => {
  let harness: UpstreamHarness;
  beforeEach(() => {
    harness = new UpstreamHarness();
  });
  afterEach(() => harness.stop());

  describe('a connection', () => {
    it('serves one request after another', async () => {
      const engine = await harness.start(saying(whole('hi', 'X-A: b\r\n')));
      for (let round = 0; round < 5; round++) {
        const answer = await harness.ask(engine);
        expect(answer).toMatchObject({ payload: 'hi', done: true, late: 0 });
        expect(answer.head!.headers).toEqual(['X-A', 'b', 'Content-Length', '2']);
      }
      expect(engine.connections).toHaveLength(1);
      expect(engine.heads).toBe(5);
    });

    it('is not shared by requests at the same time', async () => {
      const engine = await harness.start(({ socket }) =>
        setTimeout(() => socket.write(whole()), 30),
      );
      const answers = await Promise.all([1, 2, 3].map(() => harness.ask(engine)));
      expect(answers.map(({ payload }) => payload)).toEqual(['ok', 'ok', 'ok']);
      expect(engine.connections).toHaveLength(3);
    });

    it('is kept up to the number that is allowed', async () => {
      const engine = await harness.start(({ socket }) =>
        setTimeout(() => socket.write(whole()), 30),
      );
      await Promise.all([1, 2, 3, 4, 5, 6].map(() => harness.ask(engine)));
      await until(() => engine.open === 4);
      await sleep(20);
      expect(engine.open).toBe(4);
    });

    it('belongs to the origin that it was made for', async () => {
      const engine = await harness.start(saying(whole()));
      await harness.ask(engine);
      const answer = new AnswerRecorder();
      harness.upstream.request({ ...originOf(engine.port), key: 'another' }, GET, answer);
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
      const engine = await harness.start(saying(bytes));
      await harness.ask(engine);
      await until(() => engine.open === 0, AT_ONCE);
      expect(await harness.ask(engine)).toMatchObject({ done: true, late: 0 });
      expect(engine.connections).toHaveLength(2);
    });

    it('is not used again when the engine spoke unasked', async () => {
      const engine = await harness.start(saying(whole()));
      await harness.ask(engine);
      engine.connections[0]!.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
      await until(() => engine.open === 0, AT_ONCE);
      expect((await harness.ask(engine)).payload).toBe('ok');
      expect(engine.connections).toHaveLength(2);
    });

    it('is used again after HEAD, 304 and chunks', async () => {
      const chunks =
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n';
      const engine = await harness.start(({ socket }, count) => {
        const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
        socket.write([head, head.replace('200', '304'), chunks][count - 1]!);
      });
      expect((await harness.ask(engine, { toHead: true })).payload).toBe('');
      expect((await harness.ask(engine)).head!.statusCode).toBe(304);
      expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', trailers: 'A: b\r\n' });
      expect(engine.connections).toHaveLength(1);
    });

    it('is given up before the engine gives it up, as Keep-Alive tells', async () => {
      const engine = await harness.start(saying(whole('ok', 'Keep-Alive: timeout=1\r\n')));
      await harness.ask(engine);
      await harness.ask(engine);
      expect(engine.connections).toHaveLength(2);
      await until(() => engine.open === 0);
    });

    it('stays longer when Keep-Alive says so, and is swept when its time is over', async () => {
      const engine = await harness.start(saying(whole('ok', 'Keep-Alive: timeout=2\r\n')));
      await harness.ask(engine);
      await sleep(300);
      await harness.ask(engine);
      expect(engine.connections).toHaveLength(1);
      await until(() => engine.open === 0);
      expect(engine.connections[0]!.ending).toBeDefined();
    });
  });

  describe('an idle connection that the engine closed', () => {
    it.each(['fin', 'rst'] as const)('by %s is not used', async (how) => {
      const engine = await harness.start(saying(whole()));
      await harness.ask(engine);
      const { socket } = engine.connections[0]!;
      if (how === 'fin') socket.end();
      else socket.resetAndDestroy();
      await sleep(30);
      expect((await harness.ask(engine)).payload).toBe('ok');
      expect(engine.connections).toHaveLength(2);
    });

    it.each(['fin', 'rst'] as const)(
      'by %s when the request came is replaced once, unseen',
      async (how) => {
        const engine = await harness.start(({ socket }, count) => {
          if (count !== 2) socket.write(whole(`answer ${count}`));
          else if (how === 'fin') socket.end();
          else socket.resetAndDestroy();
        });
        await harness.ask(engine);
        await sleep(150);
        const body = ['{"a":', '1}'].map((text) => Buffer.from(text));
        const head = 'POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n';
        expect(await harness.ask(engine, { head, body })).toMatchObject({
          payload: 'answer 3',
          late: 0,
        });
        expect(engine.connections[1]!.received).toBe(`${head}{"a":1}`);
        expect(engine.connections).toHaveLength(2);
      },
    );

    it('is not replaced by a second stale one', async () => {
      const engine = await harness.start(({ socket }, count) => {
        if (count <= 2) setTimeout(() => socket.write(whole()), 30);
        else socket.resetAndDestroy();
      });
      await Promise.all([harness.ask(engine), harness.ask(engine)]);
      await sleep(150);
      expect((await harness.ask(engine)).failure!.failure).toBe('reset');
      expect(engine.heads).toBe(4);
      expect(engine.connections).toHaveLength(3);
    });

    it('is not replaced when it was in use a moment ago: the engine may have begun', async () => {
      const engine = await harness.start(({ socket }, count) => {
        if (count === 1) socket.write(whole());
        else socket.resetAndDestroy();
      });
      await harness.ask(engine);
      expect((await harness.ask(engine)).failure!.failure).toBe('reset');
      expect(engine.heads).toBe(2);
    });

    it('is replaced at any time when not a byte of the request could be sent', async () => {
      const engine = await harness.start(saying(whole()));
      await harness.ask(engine);
      engine.connections[0]!.socket.resetAndDestroy();
      expect((await harness.ask(engine)).payload).toBe('ok');
      expect(engine.heads).toBe(2);
      expect(engine.connections).toHaveLength(2);
    });

    it('is not replaced when the engine had time to begin', async () => {
      const engine = await harness.start(({ socket }, count) => {
        if (count === 1) socket.write(whole());
        else setTimeout(() => socket.resetAndDestroy(), 1100);
      });
      await harness.ask(engine);
      await sleep(100);
      expect((await harness.ask(engine)).failure!.failure).toBe('reset');
      expect(engine.heads).toBe(2);
    });

    it('is replaced at any time when the request may be sent twice', async () => {
      const engine = await harness.start(({ socket }, count) => {
        if (count === 2) socket.resetAndDestroy();
        else socket.write(whole());
      });
      await harness.ask(engine);
      expect((await harness.ask(engine, { repeatable: true })).payload).toBe('ok');
      expect(engine.heads).toBe(3);
      expect(engine.connections).toHaveLength(2);
    });

    it.each(['H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'])(
      'is not replaced after a part of an answer: %j',
      async (part) => {
        const engine = await harness.start(({ socket }, count) => {
          if (count === 1) return void socket.write(whole());
          socket.end(part);
        });
        await harness.ask(engine);
        await sleep(150);
        expect((await harness.ask(engine)).failure!.failure).toBe('reset');
        expect(engine.heads).toBe(2);
      },
    );
  });

  describe('a body', () => {
    it.each([0, 1, 1000, 100_000])('of slices arrives joined, %d bytes each', async (size) => {
      const slices = [Buffer.alloc(size, 'a'), Buffer.alloc(0), Buffer.alloc(size, 'b')];
      const head = `POST /\xe9 HTTP/1.1\r\nContent-Length: ${2 * size}\r\n\r\n`;
      const engine = await harness.start((connection) => {
        const all = (): boolean => connection.received.length >= head.length + 2 * size;
        void until(all).then(() => connection.socket.write(whole()));
      });
      await harness.ask(engine, { head, body: slices });
      const { received } = engine.connections[0]!;
      expect(received === head + 'a'.repeat(size) + 'b'.repeat(size)).toBe(true);
    });

    it('whose answer came too early leaves a connection that is not used again', async () => {
      const engine = await harness.start(({ socket }) => {
        socket.pause();
        socket.write(whole('too large'));
      });
      const body = [Buffer.alloc(8 * 1024 * 1024)];
      const head = `POST / HTTP/1.1\r\nContent-Length: ${body[0]!.length}\r\n\r\n`;
      expect(await harness.ask(engine, { head, body })).toMatchObject({
        payload: 'too large',
        late: 0,
      });
      engine.connections[0]!.socket.resume();
      await until(() => engine.open === 0);
    });
  });

  it('reads no more while paused, and goes on after resume', async () => {
    const size = 16 * 1024 * 1024;
    const engine = await harness.start(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size));
    });
    const { answer, call } = harness.send(engine);
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
      const engine = await harness.start(saying(whole()));
      await harness.ask(engine);
      expect(engine.open).toBe(1);
      harness.upstream.onApplicationShutdown();
      await until(() => engine.open === 0);
    });

    it('keeps no connection whose answer ends later', async () => {
      const engine = await harness.start(({ socket }) =>
        setTimeout(() => socket.write(whole()), 60),
      );
      const { answer } = harness.send(engine);
      await until(() => engine.heads === 1);
      harness.upstream.onApplicationShutdown();
      expect((await answer.settled()).payload).toBe('ok');
      await until(() => engine.open === 0, 500);
    });
  });
});
