import { afterEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetEngine, whole, type OnHead } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import { StreamedRequestBody } from './streamed-request-body.js';

const MEBIBYTE = 1024 * 1024;
const CHUNKED = ['Transfer-Encoding: chunked'];

/** Answers when the whole body came, by its length or its last chunk. */
const afterBody: OnHead = (connection, count) => {
  const text = (): string => connection.received.slice(connection.received.lastIndexOf('POST '));
  void until(() => {
    const length = Number(/Content-Length: (\d+)/.exec(text())?.[1]);
    return length >= 0
      ? text().length >= text().indexOf('\r\n\r\n') + 4 + length
      : text().endsWith('\r\n0\r\n\r\n');
  }).then(
    () => connection.socket.write(whole(`answer ${count}`)),
    () => connection.socket.destroy(),
  );
};

/** Payload of the last request that an engine received. */
function payloadOf(engine: NetEngine): string {
  const { received } = engine.connections.at(-1)!;
  const request = received.slice(received.lastIndexOf('POST '));
  const end = request.indexOf('\r\n\r\n') + 4;
  if (!/transfer-encoding/i.test(request.slice(0, end))) return request.slice(end);
  let payload = '';
  for (let at = end; ;) {
    const line = request.indexOf('\r\n', at);
    const size = parseInt(request.slice(at, line), 16);
    if (size === 0) return payload;
    payload += request.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

describe(StreamedRequestBody.name, () => {
  let engine: NetEngine;
  let front: ProxyFront;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await front.stop();
    await engine.stop();
  });

  const start = async (onHead: OnHead): Promise<void> => {
    engine = await NetEngine.start(onHead);
    front = await ProxyFront.start(engine.port);
    client = await RawClient.connect(front.port);
  };
  const answerText = async (): Promise<string> => (await client.answer()).body.toString();

  it('keeps the length that the client told', async () => {
    await start(afterBody);
    client.write(requestBytes('POST /', [], 'hello'));
    expect(await answerText()).toBe('answer 1');
    expect(engine.connections[0]!.received).toMatch(/\r\nContent-Length: 5\r\n\r\nhello$/);
  });

  it('is sent in chunks when the client sends chunks, whatever their borders', async () => {
    await start(afterBody);
    client.write(requestBytes('POST /', CHUNKED));
    for (const piece of ['2\r\nhe\r', '\n3;x=y\r\nll', 'o\r\n0\r\nX-T: 1\r\n\r\n']) {
      client.write(piece);
      await sleep(5);
    }
    expect(await answerText()).toBe('answer 1');
    expect(payloadOf(engine)).toBe('hello');
  });

  it('of no bytes in chunks is one last chunk', async () => {
    await start(afterBody);
    client.write(requestBytes('POST /', CHUNKED, '0\r\n\r\n'));
    expect(await answerText()).toBe('answer 1');
    expect(engine.connections[0]!.received).toMatch(/\r\n\r\n0\r\n\r\n$/);
  });

  it('is passed on as it comes', async () => {
    await start(() => undefined);
    client.write(requestBytes('POST /', ['Content-Length: 9'], 'part'));
    const connection = await engine.connection();
    await until(() => connection.received.endsWith('part'));
  });

  it('leaves a connection that serves the next request', async () => {
    await start(afterBody);
    for (let round = 1; round <= 3; round++) {
      client.write(
        requestBytes(
          'POST /',
          round === 2 ? [] : CHUNKED,
          round === 2 ? 'x' : '1\r\nx\r\n0\r\n\r\n',
        ),
      );
      expect(await answerText()).toBe(`answer ${round}`);
    }
    expect(engine.connections).toHaveLength(1);
  });

  it('waits for an engine that reads slowly, and holds next to nothing', async () => {
    await start(({ socket }) => socket.pause());
    const size = 64 * MEBIBYTE;
    client.write(requestBytes('POST /', [`Content-Length: ${size}`]));
    await engine.connection();
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (sent < size) {
        sent += piece.length;
        if (!client.socket.write(piece)) return void client.socket.once('drain', more);
      }
    };
    more();
    let before = -1;
    while (sent !== before) {
      before = sent;
      await sleep(150);
    }
    expect(sent).toBeLessThan(size / 2);
    const connection = engine.connections[0]!;
    connection.socket.removeAllListeners('data');
    let read = 0;
    connection.socket.on('data', (bytes: Buffer) => (read += bytes.length));
    connection.socket.resume();
    await until(() => read >= size - MEBIBYTE);
  });

  it('is cut short for the engine when the client leaves', async () => {
    await start(() => undefined);
    client.write(requestBytes('POST /', ['Content-Length: 9'], 'part'));
    const connection = await engine.connection();
    await until(() => connection.received.endsWith('part'));
    client.destroy();
    await until(() => connection.ending !== undefined);
    expect(connection.ending).toBe('reset');
  });

  it('cut in a chunk never looks complete to the engine', async () => {
    await start(() => undefined);
    client.write(requestBytes('POST /', CHUNKED, '4\r\npart\r\n'));
    const connection = await engine.connection();
    await until(() => connection.received.includes('part'));
    client.end();
    await until(() => connection.ending !== undefined);
    expect(connection.received).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  describe('answered before it is complete', () => {
    it('is read to its end, so that the client sees the answer and can go on', async () => {
      await start(({ socket }) => {
        socket.pause();
        setTimeout(() => socket.write(whole('enough')), 100);
      });
      const body = Buffer.alloc(32 * MEBIBYTE);
      client.write(requestBytes('POST /', [], body));
      expect(await answerText()).toBe('enough');
      await until(() => client.socket.writableLength === 0);
      client.write(requestBytes('GET /'));
      expect(await answerText()).toBe('enough');
    });

    it('does not go on to the engine after the answer', async () => {
      await start(({ socket }) => socket.write(whole('enough')));
      client.write(requestBytes('POST /', ['Content-Length: 8'], 'part'));
      expect(await answerText()).toBe('enough');
      client.write('rest');
      client.write(requestBytes('GET /'));
      expect(await answerText()).toBe('enough');
      expect(engine.connections).toHaveLength(2);
      expect(engine.connections[1]!.received).toMatch(/^GET /);
    });

    it('is read to its end when the engine breaks off, too', async () => {
      await start(({ socket }) => {
        socket.pause();
        setTimeout(() => socket.resetAndDestroy(), 100);
      });
      client.write(requestBytes('POST /', [], Buffer.alloc(32 * MEBIBYTE)));
      expect((await client.answer()).status).toBe(502);
      await until(() => client.socket.writableLength === 0);
    });
  });

  describe('on a connection that turns out to be stale', () => {
    /** Breaks the first connection when its second request comes. */
    const stale: OnHead = (connection, count) => {
      if (count === 2) connection.socket.resetAndDestroy();
      else afterBody(connection, count);
    };
    const warmUp = async (): Promise<void> => {
      await start(stale);
      client.write(requestBytes('POST /', [], 'x'));
      expect(await answerText()).toBe('answer 1');
      await sleep(150);
    };

    it.each([
      ['a length', [], 'hello', 'hello'],
      ['chunks', CHUNKED, '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ])('begins anew on another one, with %s', async (_framing, lines, body, payload) => {
      await warmUp();
      client.write(requestBytes('POST /', lines, body));
      expect(await answerText()).toBe('answer 3');
      expect(payloadOf(engine)).toBe(payload);
    });

    it('begins anew with all that was sent, also in large pieces', async () => {
      await warmUp();
      const body = Buffer.alloc(48 * 1024, 'abc');
      client.write(requestBytes('POST /', [], body));
      expect(await answerText()).toBe('answer 3');
      expect(payloadOf(engine)).toBe(body.toString());
    });

    it('begins anew and goes on with what comes later', async () => {
      await warmUp();
      client.write(requestBytes('POST /', ['Content-Length: 8'], 'part'));
      await engine.connection(2);
      client.write('rest');
      expect(await answerText()).toBe('answer 3');
      expect(payloadOf(engine)).toBe('partrest');
    });

    it('is never sent with a hole, however much of it comes meanwhile', async () => {
      await start(afterBody);
      const request = new PassThrough();
      const body = new StreamedRequestBody(request as unknown as IncomingMessage, false);
      const first = new PassThrough();
      const detach = body.attach(first as unknown as Socket);
      request.write('part');
      await sleep(5);
      expect(body.repeatable).toBe(true);
      detach();
      const release = body.hold();
      for (let round = 0; round < 16; round++) request.write(Buffer.alloc(16 * 1024, 'x'));
      await sleep(5);
      expect(body.repeatable).toBe(true);
      release();

      let sent = '';
      // As a socket does, it has taken the bytes when it says so.
      const second = new Writable({
        write(bytes: Buffer, _encoding, taken) {
          sent += bytes.toString();
          setImmediate(taken);
        },
      });
      body.attach(second as unknown as Socket);
      request.end();
      await until(() => body.finished && second.writableLength === 0);
      expect(sent === `part${'x'.repeat(256 * 1024)}`).toBe(true);
    });

    it('and too much of it was sent already is told as a failure, not begun anew', async () => {
      await start((connection, count) => {
        if (count === 1) return afterBody(connection, count);
        void until(() => connection.received.length > 300_000).then(() =>
          connection.socket.resetAndDestroy(),
        );
      });
      client.write(requestBytes('POST /', [], 'x'));
      expect(await answerText()).toBe('answer 1');
      await sleep(150);
      client.write(requestBytes('POST /', [], Buffer.alloc(MEBIBYTE)));
      expect((await client.answer()).status).toBe(502);
      expect(engine.heads).toBe(2);
    });
  });
});
