import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import type { RawAnswer } from '../../test/support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import { usageTransform } from '../openai/usage-transform.js';
import { AnswerRelay } from './answer-relay.js';
import type { DecodeLeg } from './exchange.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const GET = requestBytes('GET /');

describe(`${AnswerRelay.name} with a transform`, () => {
  let engine: NetEngine;
  let front: ProxyFront;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await front.stop();
    await engine.stop();
  });

  const start = async (onHead: OnHead, transform?: DecodeLeg['transform']): Promise<void> => {
    engine = await NetEngine.start(onHead);
    front = await ProxyFront.start(engine.port, transform);
    client = await RawClient.connect(front.port);
  };
  /** All fields but those that Node or the front itself adds. */
  const fields = ({ headers }: RawAnswer): string[] =>
    headers
      .map(([name, value]) => `${name}: ${value}`)
      .filter((line) => !/^(?:Date|Connection|Keep-Alive|X-Request-Id): /.test(line));

  const corrected: DecodeLeg['transform'] = (head) =>
    usageTransform('completions', 7, head.headers[1]!);
  const usage = (count: number): string =>
    `{"usage":{"prompt_tokens_details":{"cached_tokens":${count}}}}`;
  const JSON_TYPE = 'Content-Type: application/json\r\n';
  const EVENTS_TYPE = 'Content-Type: text/event-stream\r\n';

  it.each([
    ['a length', whole(usage(49), JSON_TYPE)],
    [
      'chunks',
      `${OK}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${usage(49).length.toString(16)}\r\n${usage(49)}\r\n0\r\n\r\n`,
    ],
  ])('gives a JSON answer with %s its new length', async (_framing, bytes) => {
    await start(saying(bytes), corrected);
    client.write(GET);
    const answer = await client.answer();
    expect(answer.body.toString()).toBe(usage(7));
    expect(fields(answer).at(-1)).toBe(`Content-Length: ${usage(7).length}`);
    expect(fields(answer)).toHaveLength(2);
    expect(front.exchanges[0]!.responseBytes).toBe(usage(7).length);
  });

  it('sends the head at once, though nothing of the first line may go out yet', async () => {
    const event = `data: ${usage(49)}\n\n`;
    await start(({ socket }) => {
      socket.write(`${OK}${EVENTS_TYPE}Connection: close\r\n\r\n${event.slice(0, 9)}`);
      void until(() => client.received.length > 0).then(() => socket.end(event.slice(9)));
    }, corrected);
    client.write(GET);
    expect((await client.answer()).body.toString()).toBe(`data: ${usage(7)}\n\n`);
  });

  it('leaves the length of an empty JSON answer and of one to HEAD', async () => {
    await start(saying(whole('', JSON_TYPE)), corrected);
    client.write(Buffer.concat([GET]));
    expect(fields(await client.answer()).at(-1)).toBe('Content-Length: 0');
    client.write(requestBytes('HEAD /'));
    expect(fields(await client.answer({ toHead: true })).at(-1)).toBe('Content-Length: 0');
  });

  it('corrects a stream event by event', async () => {
    const events = `data: {"a":1}\n\ndata: ${usage(49)}\n\ndata: [DONE]\n\n`;
    await start(({ socket }) => {
      void (async () => {
        socket.write(`${OK}${EVENTS_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
        for (const char of events) socket.write(`1\r\n${char}\r\n`);
        await sleep(5);
        socket.write('0\r\nX-T: 1\r\n\r\n');
      })();
    }, corrected);
    client.write(GET);
    const answer = await client.answer();
    expect(answer.body.toString()).toBe(events.replace('49', '7'));
    expect(answer.trailers).toEqual(['X-T: 1']);
  });

  it('sends a stream of known length in chunks, and the last line that no newline ends', async () => {
    await start(saying(whole(`data: ${usage(49)}`, EVENTS_TYPE)), corrected);
    client.write(GET);
    const answer = await client.answer();
    expect(fields(answer).at(-1)).toBe('Transfer-Encoding: chunked');
    expect(answer.body.toString()).toBe(`data: ${usage(7)}`);
  });

  it('sends what it held back when a body up to the close ends', async () => {
    await start(({ socket }) => {
      socket.write(`${OK}${EVENTS_TYPE}\r\ndata: ${usage(49)}`);
      setTimeout(() => socket.end(), 30);
    }, corrected);
    client.write(GET);
    expect((await client.answer()).body.toString()).toBe(`data: ${usage(7)}`);
  });

  it('begins the answer when the transform waits no longer for the whole of it', async () => {
    const patient = {
      whole: true,
      held: [] as Buffer[],
      push(bytes: Buffer): Buffer {
        if (!this.whole) return bytes;
        this.held.push(bytes);
        if (Buffer.concat(this.held).length < 5) return Buffer.alloc(0);
        this.whole = false;
        return Buffer.concat(this.held.splice(0));
      },
      end: () => Buffer.from('!'),
    };
    await start(
      ({ socket }) => {
        void (async () => {
          for (const piece of [`${OK}Content-Length: 10\r\n\r\nab`, 'cd', 'efg', 'hij']) {
            socket.write(piece);
            await sleep(10);
          }
        })();
      },
      () => patient,
    );
    client.write(GET);
    const answer = await client.answer();
    expect(answer.body.toString()).toBe('abcdefghij!');
    expect(fields(answer)).toEqual(['Transfer-Encoding: chunked']);
    expect(front.exchanges[0]!.responseBytes).toBe(11);
  });

  it('tells a JSON answer that is cut with a status: nothing of it was sent', async () => {
    await start(({ socket }) => {
      socket.write(whole(usage(49), JSON_TYPE).slice(0, -3));
      setTimeout(() => socket.end(), 30);
    }, corrected);
    client.write(GET);
    expect((await client.answer()).status).toBe(502);
  });
});
