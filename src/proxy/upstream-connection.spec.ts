import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerRecorder } from '../../test/support/answer-recorder.js';
import { freePort } from '../../test/support/free-port.js';
import { saying, whole } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { GET, originOf, UpstreamHarness } from '../../test/support/upstream-harness.js';
import { UpstreamConnection } from './upstream-connection.js';

describe(UpstreamConnection.name, () => {
  let harness: UpstreamHarness;
  beforeEach(() => {
    harness = new UpstreamHarness();
  });
  afterEach(() => harness.stop());

  describe('a failure', () => {
    it('to connect is told after the last address', async () => {
      const answer = new AnswerRecorder();
      harness.upstream.request(originOf(await freePort(), ['127.0.0.1', '::1']), GET, answer);
      await answer.settled();
      expect(answer.failure).toMatchObject({ name: 'UpstreamError', failure: 'connect' });
      expect(answer.failure!.message).toMatch(/^connect \(engine:\d+\)/);
      expect(answer.failure!.cause).toMatchObject({ code: 'ECONNREFUSED', address: '::1' });
      expect(answer.late).toBe(0);
    });

    it('at the first address is followed by the second one', async () => {
      const engine = await harness.start(saying(whole()), { host: '::1' });
      const answer = new AnswerRecorder();
      harness.upstream.request(originOf(engine.port, ['127.0.0.1', '::1']), GET, answer);
      expect((await answer.settled()).payload).toBe('ok');
    });

    it('of a name that does not resolve is one to connect', async () => {
      const answer = new AnswerRecorder();
      harness.upstream.request(originOf(1, ['no-such-host.invalid']), GET, answer);
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
        const engine = await harness.start(({ socket }) => {
          if (bytes) socket.write(bytes);
          setTimeout(() => (end === 'fin' ? socket.end() : socket.resetAndDestroy()), 20);
        });
        const answer = await harness.ask(engine);
        expect(answer.failure!.failure).toBe(failure);
        expect(answer).toMatchObject({ done: false, late: 0 });
      }
    });

    it('is truncated when a body up to the close ends by a reset, and none when by FIN', async () => {
      const bytes = 'HTTP/1.1 200 OK\r\n\r\npart';
      const polite = await harness.start(({ socket }) => socket.end(bytes));
      expect(await harness.ask(polite)).toMatchObject({ done: true, payload: 'part', late: 0 });
      const rude = await harness.start(({ socket }) => {
        socket.write(bytes);
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      const answer = await harness.ask(rude);
      expect(answer.failure!.failure).toBe('truncated');
      expect(answer.payload).toBe('part');
    });

    it.each(['garbage\r\n\r\n', 'HTTP/1.1 200 OK\n\n', 'HTTP/1.1 101 x\r\n\r\n'])(
      'is one of the protocol for %j, and ends the connection',
      async (bytes) => {
        const engine = await harness.start(saying(bytes));
        const answer = await harness.ask(engine);
        expect(answer.failure).toMatchObject({ name: 'UpstreamError', failure: 'protocol' });
        await until(() => engine.open === 0);
      },
    );

    it('is a time-out when no head comes in time, not when the body takes longer', async () => {
      const silent = await harness.start(() => undefined);
      expect((await harness.ask(silent, { headTimeout: 40 })).failure!.failure).toBe(
        'head-timeout',
      );
      await until(() => silent.connections[0]!.ending !== undefined);

      const slow = await harness.start(({ socket }) => {
        socket.write('HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
        setTimeout(() => socket.write('ok'), 120);
      });
      expect(await harness.ask(slow, { headTimeout: 60 })).toMatchObject({
        payload: 'ok',
        late: 0,
      });
    });

    it('is a time-out when interim answers come but no final one', async () => {
      const engine = await harness.start(saying('HTTP/1.1 102 x\r\n\r\n'));
      expect((await harness.ask(engine, { headTimeout: 40 })).failure!.failure).toBe(
        'head-timeout',
      );
    });
  });

  describe('an abort', () => {
    it('while connecting is silent', async () => {
      const engine = await harness.start(saying(whole()));
      const { answer, call } = harness.send(engine);
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
      const engine = await harness.start(({ socket }) => bytes !== '' && socket.write(bytes));
      const { answer, call } = harness.send(engine, { headTimeout: 300 });
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
      const engine = await harness.start(saying(whole()));
      const { answer, call } = harness.send(engine);
      await answer.settled();
      call.abort();
      call.pause();
      call.resume();
      await harness.ask(engine);
      expect(engine.connections).toHaveLength(1);
    });

    it('is possible twice, and while a large body is being sent', async () => {
      const engine = await harness.start(({ socket }) => socket.pause());
      const body = [Buffer.alloc(8 * 1024 * 1024)];
      const head = `POST / HTTP/1.1\r\nContent-Length: ${body[0]!.length}\r\n\r\n`;
      const { answer, call } = harness.send(engine, { head, body });
      const connection = await engine.connection();
      await until(() => engine.heads === 1);
      call.abort();
      call.abort();
      connection.socket.resume();
      await until(() => connection.ending !== undefined);
      expect(answer.failure).toBeUndefined();
    });

    it('inside a read stops the reading', async () => {
      const engine = await harness.start(
        saying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'),
      );
      const answer = new AnswerRecorder();
      const call = harness.upstream.request(originOf(engine.port), GET, {
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
});
