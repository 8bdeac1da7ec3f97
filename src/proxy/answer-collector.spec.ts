import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exchangeWith } from '../../test/support/message-stub.js';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { addressTarget } from '../endpoint/target.js';
import { collectAnswer } from './answer-collector.js';
import type { BufferedAnswer } from './exchange.js';
import { Origins } from './origins.js';
import { UpstreamService } from './upstream.service.js';

describe(collectAnswer.name, () => {
  let upstream: UpstreamService;
  let engine: NetEngine;
  beforeEach(() => {
    upstream = new UpstreamService(4);
  });
  afterEach(async () => {
    upstream.onApplicationShutdown();
    await engine.stop();
  });

  const collect = async (onHead: OnHead, bodyTimeout: number): Promise<BufferedAnswer> => {
    engine = await NetEngine.start(onHead);
    return collectAnswer(upstream, exchangeWith(), {
      origin: new Origins({ decoderPort: 1 }).prefiller(addressTarget('127.0.0.1', engine.port)),
      limit: 100,
      bodyTimeout,
      request: {
        head: 'GET / HTTP/1.1\r\n\r\n',
        body: undefined,
        toHead: false,
        connectTimeout: 0,
        headTimeout: 0,
      },
    });
  };

  it('gives the whole answer', async () => {
    const answer = await collect(saying(whole('{}', 'X-A: b\r\n')), 1000);
    expect(answer.body.toString()).toBe('{}');
    expect(answer.head.headers).toEqual(['X-A', 'b', 'Content-Length', '2']);
  });

  it('gives up on an answer that begins and does not end in time', async () => {
    const failure = collect(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'),
      50,
    );
    await expect(failure).rejects.toMatchObject({ failure: 'body-timeout' });
    await until(() => engine.open === 0);
  });

  it('refuses an answer that is longer than it may be', async () => {
    await expect(collect(saying(whole('x'.repeat(101))), 0)).rejects.toMatchObject({
      name: 'AnswerTooLargeError',
    });
  });
});
