import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  pluginOf,
  resultOf,
  server,
  servers,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import type { InferenceRequest } from '../inference-request.js';
import type { LifecycleListener, Producer } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import { approxPrefixCacheProducer } from './approx-prefix-cache-producer.js';
import { tokenProducer } from './token-producer.js';

/** Bytes of a block of 64 tokens. */
const BLOCK = 256;

/** A text of so many blocks that are unlike each other, and unlike those of another letter. */
function text(letter: string, blocks: number): string {
  return Array.from({ length: blocks }, (_, i) => `${letter}${i} `.padEnd(BLOCK, letter)).join('');
}

function completion(prompt: unknown, more: object = {}): InferenceRequest {
  const body = readJsonObject(Buffer.from(JSON.stringify({ model: 'm', prompt, ...more })));
  return inferenceRequest({ path: '/v1/completions', body });
}

class Fixture {
  readonly producer: Producer & LifecycleListener;
  private readonly tokens = pluginOf<Producer>(tokenProducer);

  constructor(
    private readonly servers: readonly Server[],
    parameters: object = {},
  ) {
    this.producer = pluginOf(approxPrefixCacheProducer, parameters);
  }

  /** @returns matched blocks of each, then all blocks of the prompt and the size of one */
  match(request: InferenceRequest): number[] {
    void this.tokens.produce(request, this.servers);
    void this.producer.produce(request, this.servers);
    const match = prefixMatch(request, 'sut');
    if (!match) return [];
    const matched = this.servers.map((one) => match.matchedBlocks(one));
    return [...matched, match.totalBlocks, match.blockSize];
  }

  send(request: InferenceRequest, decoder: Server, prefiller?: Server): void {
    this.match(request);
    this.producer.decided!(request, resultOf(decoder, prefiller));
  }
}

describe(APPROXIMATE_PREFIX_PRODUCER, () => {
  it('matches the blocks from the beginning on that a server was sent', () => {
    const [a, b, c] = servers([{}, {}, {}]) as [Server, Server, Server];
    const sut = new Fixture([a, b, c]);
    sut.send(completion(text('a', 4)), a);
    sut.send(completion(text('a', 2) + text('b', 2)), b);
    expect(sut.match(completion(text('a', 3) + text('c', 5)))).toEqual([3, 2, 0, 8, 64]);
    expect(sut.match(completion(text('a', 2) + text('b', 2)))).toEqual([2, 4, 0, 4, 64]);
    expect(sut.match(completion(text('c', 1)))).toEqual([0, 0, 0, 1, 64]);
  });

  it('counts a rest that fills no block, and matches it as a whole only', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    sut.send(completion(text('a', 1) + 'rest'), a);
    expect(sut.match(completion(text('a', 1) + 'rest'))).toEqual([2, 2, 64]);
    expect(sut.match(completion(text('a', 1) + 'rest of it'))).toEqual([1, 2, 64]);
  });

  it('cuts prompts that are shorter than a block finer', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    sut.send(completion('x'.repeat(128) + 'one'), a);
    expect(sut.match(completion('x'.repeat(128) + 'other'))).toEqual([2, 3, 16]);
  });

  it('remembers who decodes and who prefills', () => {
    const [a, b, c] = servers([{}, {}, {}]) as [Server, Server, Server];
    const sut = new Fixture([a, b, c]);
    sut.send(completion(text('a', 2)), a, c);
    expect(sut.match(completion(text('a', 2)))).toEqual([2, 0, 2, 2, 64]);
  });

  it('keeps models and salts apart', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    const salted = (salt: unknown): InferenceRequest =>
      completion(text('a', 2), { cache_salt: salt });
    sut.send(salted('one'), a);
    expect(sut.match(salted('one'))[0]).toBe(2);
    expect(sut.match(salted('two'))[0]).toBe(0);
    expect(sut.match(completion(text('a', 2)))[0]).toBe(0);
    sut.send(completion(text('a', 2)), a);
    expect(sut.match({ ...completion(text('a', 2)), targetModel: 'n' })[0]).toBe(0);
  });

  it('takes block size and capacity from what a server tells', () => {
    const a = server(1, { state: { blockSize: 128, blocks: 3 } });
    const b = server(2, { state: { blockSize: 16, blocks: 32 } });
    const sut = new Fixture([a, b]);
    // 3 blocks of 128 tokens each, and 32 of 16: 4 of 128.
    sut.send(completion(text('a', 12)), a);
    sut.send(completion(text('a', 12)), b);
    expect(sut.match(completion(text('a', 12)))).toEqual([3, 4, 6, 128]);
    const fixed = new Fixture([a, b], { autoTune: false, lruCapacityPerServer: 5 });
    fixed.send(completion(text('a', 12)), a);
    expect(fixed.match(completion(text('a', 12)))).toEqual([5, 0, 12, 64]);
  });

  it.each<[string, object, number, number]>([
    ['tokens', { maxPrefixTokensToMatch: 200 }, 3, 64],
    [
      'blocks where no tokens are given',
      { maxPrefixTokensToMatch: 0, maxPrefixBlocksToMatch: 2 },
      2,
      64,
    ],
    ['nothing', { maxPrefixTokensToMatch: 0, maxPrefixBlocksToMatch: 0 }, 10, 64],
    ['large blocks', { blockSizeTokens: 100, maxPrefixTokensToMatch: 450 }, 4, 100],
    ['the older name', { blockSize: 128 }, 5, 128],
    ['blocks that are too small', { blockSizeTokens: 32 }, 10, 64],
  ])('looks at a prompt as far as it is told: %s', (_, parameters, total, size) => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a], parameters);
    expect(sut.match(completion(text('a', 10)))).toEqual([0, total, size]);
  });

  it('looks at 131072 tokens unless it is told otherwise', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    expect(sut.match(completion('x'.repeat(5_000_000)))).toEqual([0, 2048, 64]);
  });

  it('looks at ids of tokens where the prompt is made of them', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    const ids = Array.from({ length: 130 }, (_, i) => i * 100_000);
    sut.send(completion(ids), a);
    expect(sut.match(completion([...ids.slice(0, 128), 1, 2]))).toEqual([2, 3, 64]);
  });

  it('knows prompts of other requests that are read between', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    const first = completion(text('a', 3));
    sut.match(first);
    sut.match(completion(text('b', 9)));
    sut.producer.decided!(first, resultOf(a));
    expect(sut.match(completion(text('a', 3)))).toEqual([3, 3, 64]);
    expect(sut.match(completion(text('b', 3)))).toEqual([0, 3, 64]);
  });

  it('forgets servers that are removed', () => {
    const [a, b] = servers([{}, {}]) as [Server, Server];
    const sut = new Fixture([a, b]);
    sut.send(completion(text('a', 3)), a);
    sut.producer.removed!(a);
    expect(sut.match(completion(text('a', 3)))).toEqual([0, 0, 3, 64]);
  });

  it('has nothing to say of requests without a prompt', () => {
    const [a] = servers([{}]) as [Server];
    const sut = new Fixture([a]);
    for (const request of [inferenceRequest(), completion(''), completion(undefined)]) {
      expect(sut.match(request)).toEqual([]);
      sut.producer.decided!(request, resultOf(a));
    }
  });

  it('refuses parameters that it does not know', () => {
    expect(() => pluginOf(approxPrefixCacheProducer, { blocksize: 1 })).toThrow('blocksize');
    expect(() => pluginOf(approxPrefixCacheProducer, { lruCapacityPerServer: 0 })).toThrow();
  });
});
