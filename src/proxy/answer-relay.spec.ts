import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import type { RawAnswer } from '../../test/support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import { AnswerRelay } from './answer-relay.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const MEBIBYTE = 1024 * 1024;
const GET = requestBytes('GET /');

describe(AnswerRelay.name, () => {
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
  const exchange = async (
    bytes: string,
    request = GET,
    options: { toHead?: boolean } = {},
  ): Promise<RawAnswer> => {
    await start(saying(bytes));
    client.write(request);
    return client.answer(options);
  };
  /** All fields but those that Node or the front itself adds. */
  const fields = ({ headers }: RawAnswer): string[] =>
    headers
      .map(([name, value]) => `${name}: ${value}`)
      .filter((line) => !/^(?:Date|Connection|Keep-Alive|X-Request-Id): /.test(line));

  describe('the head', () => {
    it('is passed on with its reason and its fields, in order and as spelled', async () => {
      const answer = await exchange(
        'HTTP/1.1 418 I am a Teapot\r\nx-B: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\nX-L: \xe9\r\nContent-Length: 1\r\n\r\nx',
      );
      expect(answer.statusLine).toBe('HTTP/1.1 418 I am a Teapot');
      expect(fields(answer)).toEqual([
        'x-B: 1',
        'Set-Cookie: a',
        'set-cookie: b',
        'X-L: \xe9',
        'Content-Length: 1',
      ]);
    });

    it("has our request id and none of the engine's, and leaves the connection to us", async () => {
      const answer = await exchange(
        whole(
          'x',
          'X-REQUEST-ID: theirs\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n',
        ),
      );
      const lines = answer.headers.map(([name, value]) => `${name}: ${value}`);
      expect(lines).toContain('X-Request-Id: the-id');
      expect(lines).toContain('Connection: keep-alive');
      expect(lines.join()).not.toMatch(/theirs|X-Hop|timeout=1(?!\d)/);
    });

    it('goes out before the body comes', async () => {
      await start(saying(CHUNKED));
      client.write(GET);
      await until(() => client.received.includes('\r\n\r\n'));
      engine.connections[0]!.socket.write('1\r\nx\r\n0\r\n\r\n');
      expect((await client.answer()).body.toString()).toBe('x');
    });

    it.each(['HTTP/1.1 200\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 999 Odd\r\n'])(
      'may begin with %j',
      async (line) => {
        const answer = await exchange(`${line}Content-Length: 1\r\n\r\nx`);
        expect(answer.status).toBe(Number(line.slice(9, 12)));
        expect(answer.body.toString()).toBe('x');
      },
    );
  });

  describe('the body', () => {
    it.each([
      ['of a known length', whole('hello'), ['Content-Length: 5'], 'hello'],
      ['that is empty', whole(''), ['Content-Length: 0'], ''],
      [
        'in chunks',
        `${CHUNKED}2;ext\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
        ['Transfer-Encoding: chunked'],
        'hello',
      ],
      ['in no chunk', `${CHUNKED}0\r\n\r\n`, ['Transfer-Encoding: chunked'], ''],
    ])('%s keeps its framing', async (_what, bytes, framing, body) => {
      const answer = await exchange(bytes);
      expect(fields(answer)).toEqual(framing);
      expect(answer).toMatchObject({ complete: true, trailers: [] });
      expect(answer.body.toString()).toBe(body);
    });

    it('is the same wherever the chunks are cut', async () => {
      const message = `${CHUNKED}5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n`;
      await start(({ socket }, count) => {
        void (async () => {
          const cut = CHUNKED.length + count - 1;
          socket.write(message.slice(0, cut));
          await sleep(3);
          socket.write(message.slice(cut));
        })();
      });
      for (let cut = CHUNKED.length; cut < message.length; cut++) {
        client.write(GET);
        const answer = await client.answer();
        expect(answer.body.toString()).toBe('hello world');
        expect(answer.trailers).toEqual(['X-T: 1']);
      }
    });

    it('up to the close is sent in chunks', async () => {
      await start(({ socket }) => socket.end(`${OK}\r\nhello`));
      client.write(GET);
      const answer = await client.answer();
      expect(fields(answer)).toEqual(['Transfer-Encoding: chunked']);
      expect(answer.body.toString()).toBe('hello');
      expect(client.ending).toBeUndefined();
    });

    it('is never chunked for an HTTP/1.0 client', async () => {
      const answer = await exchange(
        `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`,
        Buffer.from('GET / HTTP/1.0\r\n\r\n'),
      );
      expect(fields(answer)).toEqual([]);
      expect(answer.body.toString()).toBe('hello');
      expect(await client.ended()).toBe('fin');
    });

    it.each([
      ['HEAD', whole('hello').slice(0, -5), ['Content-Length: 5'], 'HEAD /'],
      ['HEAD in chunks', CHUNKED, [], 'HEAD /'],
      ['204', 'HTTP/1.1 204 No Content\r\n\r\n', [], 'GET /'],
      ['304', 'HTTP/1.1 304 x\r\nETag: "a"\r\n\r\n', ['ETag: "a"'], 'GET /'],
    ])('is none for %s, and the connection serves on', async (_what, bytes, expected, line) => {
      const toHead = line.startsWith('HEAD');
      const answer = await exchange(bytes, requestBytes(line), { toHead });
      expect(fields(answer)).toEqual(expected);
      client.write(requestBytes(line));
      expect((await client.answer({ toHead })).status).toBe(answer.status);
      expect(client.received).toHaveLength(0);
    });

    it('of many megabytes arrives whole', async () => {
      const body = Buffer.alloc(8 * MEBIBYTE);
      for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
      await start(({ socket }) => {
        socket.write(`${OK}Content-Length: ${body.length}\r\n\r\n`);
        socket.write(body);
      });
      client.write(GET);
      expect((await client.answer()).body.equals(body)).toBe(true);
    });

    it('of requests sent ahead comes in their order', async () => {
      await start(({ socket, received }) => {
        const path = received.slice(4, 6);
        setTimeout(() => socket.write(whole(path)), path === '/a' ? 60 : 0);
      });
      client.write(Buffer.concat([requestBytes('GET /a'), requestBytes('GET /b')]));
      const bodies = [await client.answer(), await client.answer()].map(({ body }) =>
        body.toString(),
      );
      expect(bodies).toEqual(['/a', '/b']);
      expect(engine.heads).toBe(2);
    });
  });

  describe('interim answers', () => {
    const hints = (link: string): string => `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\n`;

    it('are passed on when they mean something to a client', async () => {
      const answer = await exchange(
        `HTTP/1.1 102 Processing\r\n\r\n${hints('</a.css>; rel=preload')}HTTP/1.1 100 Continue\r\n\r\n${whole()}`,
      );
      expect(answer.status).toBe(200);
      expect(client.interim.map(({ status }) => status)).toEqual([102, 103]);
      expect(fields(client.interim[1]!)).toEqual(['Link: </a.css>; rel=preload']);
    });

    it.each(['nonsense', '</a>; rel=preload, </b>; rel=preload', '</a>; title="a b"', ''])(
      'with the Link %j do no harm',
      async (link) => {
        expect((await exchange(hints(link) + whole())).body.toString()).toBe('ok');
      },
    );

    it('are not sent to an HTTP/1.0 client', async () => {
      const answer = await exchange(
        `HTTP/1.1 102 Processing\r\n\r\n${hints('</a>; rel=preload')}${whole()}`,
        Buffer.from('GET / HTTP/1.0\r\n\r\n'),
      );
      expect(answer.status).toBe(200);
      expect(client.interim).toEqual([]);
    });
  });

  describe('a failure', () => {
    it.each([
      ['nothing', ''],
      ['half a head', OK],
      ['an interim answer', 'HTTP/1.1 102 x\r\n\r\n'],
    ])('after %s is told with a status', async (_what, bytes) => {
      await start(({ socket }) => socket.end(bytes));
      client.write(GET);
      const answer = await client.answer();
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { code: 502 } });
      expect(front.errors).toMatchObject([{ code: 'decoder_failed' }]);
    });

    it.each([
      ['of a known length', `${OK}Content-Length: 9\r\n\r\npart`],
      ['in chunks', `${CHUNKED}4\r\npart\r\n`],
      ['in a chunk', `${CHUNKED}9\r\npart`],
      ['that breaks the framing', `${CHUNKED}4\r\npart\r\n`, 'nonsense'],
    ])('in a body %s cuts the client off, who sees that it is not whole', async (...row) => {
      await start(({ socket }) => {
        socket.write(row[1]);
        setTimeout(() => socket.end(row[2] ?? ''), 40);
      });
      client.write(GET);
      const answer = await client.answer();
      expect(answer).toMatchObject({ status: 200, complete: false });
      expect(front.exchanges[0]!.outcome).toBe('upstream_cut');
      expect(front.errors).toEqual([]);
    });

    it('in a body up to the close is a reset for an HTTP/1.0 client, not an end', async () => {
      await start(({ socket }) => {
        socket.write(`${CHUNKED}4\r\npart\r\n`);
        setTimeout(() => socket.resetAndDestroy(), 40);
      });
      client.write('GET / HTTP/1.0\r\n\r\n');
      expect(await client.ended()).toBe('reset');
    });
  });

  describe('a client', () => {
    it('that reads slowly slows the engine down, and still gets everything', async () => {
      const total = 64 * MEBIBYTE;
      let written = 0;
      await start(({ socket }) => {
        socket.write(`${OK}Content-Length: ${total}\r\n\r\n`);
        const piece = Buffer.alloc(64 * 1024);
        const more = (): void => {
          while (written < total) {
            written += piece.length;
            if (!socket.write(piece)) return void socket.once('drain', more);
          }
        };
        more();
      });
      client.socket.pause();
      client.write(GET);
      let before = -1;
      while (written !== before) {
        before = written;
        await sleep(150);
      }
      // Kernel buffers on both legs take their share; the proxy itself holds next to nothing.
      expect(written).toBeLessThan(total / 2);
      const [socket] = front.sockets;
      expect(socket!.writableLength).toBeLessThan(MEBIBYTE);

      let read = 0;
      client.socket
        .removeAllListeners('data')
        .on('data', (bytes: Buffer) => (read += bytes.length));
      client.socket.resume();
      await until(() => read > total);
      expect(front.exchanges[0]!.responseBytes).toBe(total);
    });

    it.each([
      ['before the head', ''],
      ['in the body', `${CHUNKED}4\r\npart\r\n`],
    ])('that leaves %s ends the work of the engine', async (_when, bytes) => {
      await start(({ socket }) => bytes !== '' && socket.write(bytes));
      client.write(GET);
      const connection = await engine.connection();
      await until(() => engine.heads === 1);
      if (bytes) await until(() => client.received.includes('part'));
      client.destroy();
      await until(() => connection.ending !== undefined);
      expect(connection.ending).toBe('reset');
      expect(front.exchanges[0]).toMatchObject({ ended: true, outcome: 'client_gone' });
    });

    it('that leaves while the engine is held back ends its work too', async () => {
      await start(({ socket }) => {
        socket.write(`${OK}Content-Length: ${64 * MEBIBYTE}\r\n\r\n`);
        socket.write(Buffer.alloc(64 * MEBIBYTE));
      });
      client.socket.pause();
      client.write(GET);
      await until(() => (front.exchanges[0]?.responseBytes ?? 0) > 0);
      await sleep(100);
      client.destroy();
      await until(() => engine.connections[0]!.ending !== undefined);
    });
  });
});
