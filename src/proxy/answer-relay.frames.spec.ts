import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetEngine } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import { usageTransform } from '../openai/usage-transform.js';
import { AnswerRelay } from './answer-relay.js';

const SIZE = 6 * 1024 * 1024;
const HEADS = {
  'of known length': `HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`,
  'until the connection closes': 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n',
};

describe(AnswerRelay.name, () => {
  let engine: NetEngine;
  let front: ProxyFront;
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await front.stop();
    await engine.stop();
  });

  it.each(Object.entries(HEADS))(
    'keeps large answers %s apart, however fast their clients read',
    async (_, head) => {
      engine = await NetEngine.start((connection) => {
        const letter = /GET \/(\w)/.exec(connection.received)![1]!;
        connection.socket.write(head);
        connection.socket.end(Buffer.alloc(SIZE, letter));
      });
      front = await ProxyFront.start(engine.port);
      const counts = ['a', 'b', 'c', 'd', 'e', 'f'].map(async (letter, i) => {
        const client = await RawClient.connect(front.port);
        clients.push(client);
        let right = 0;
        let framing = '';
        const code = letter.charCodeAt(0);
        client.socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
          for (const byte of bytes) if (byte === code) right++;
          // Beside the payload there are only a head and chunk sizes: nothing long.
          framing += bytes.toString('latin1').replaceAll(letter, '').slice(0, 10_000);
          if (i % 2 === 0) {
            client.socket.pause();
            void sleep(i).then(() => client.socket.resume());
          }
        });
        client.write(requestBytes(`GET /${letter}`, ['Connection: close']));
        await until(() => client.ending !== undefined);
        return { right, foreign: framing.length };
      });
      for (const { right, foreign } of await Promise.all(counts)) {
        expect(right).toBeGreaterThanOrEqual(SIZE);
        expect(foreign).toBeLessThan(20_000);
      }
    },
  );

  it('keeps large event streams apart that are corrected on their way', async () => {
    const events = 4000;
    const eventOf = (letter: string, i: number): string =>
      i % 100 === 0
        ? `data: {"n":${i},"usage":{"prompt_tokens_details":{"cached_tokens":49}}}\n\n`
        : `data: {"n":${i},"t":"${letter.repeat(i % 997)}"}\n\n`;
    const streamOf = (letter: string): string => {
      let text = '';
      for (let i = 0; i < events; i++) text += eventOf(letter, i);
      return text;
    };
    engine = await NetEngine.start((connection) => {
      const letter = /GET \/(\w)/.exec(connection.received)![1]!;
      connection.socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
      connection.socket.end(streamOf(letter));
    });
    front = await ProxyFront.start(engine.port, () =>
      usageTransform('completions', 7, 'text/event-stream'),
    );
    const answers = ['a', 'b', 'c', 'd', 'e', 'f'].map(async (letter, i) => {
      const client = await RawClient.connect(front.port);
      clients.push(client);
      client.socket.on('data', () => {
        if (i % 2 === 1) return;
        client.socket.pause();
        void sleep(i).then(() => client.socket.resume());
      });
      client.write(requestBytes(`GET /${letter}`, ['Connection: close']));
      const { body } = await client.answer();
      const expected = streamOf(letter).replaceAll(':49}', ':7}');
      expect(body.equals(Buffer.from(expected))).toBe(true);
    });
    await Promise.all(answers);
  });
});
