import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoints,
  FakeTools,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import { BlockIndex } from '../../kv-events/block-index.js';
import type { BlockStored } from '../../kv-events/kv-event.js';
import { PromptTokens } from '../../kv-events/prompt-tokens.js';
import type { WorkerBlocks } from '../../kv-events/worker-blocks.js';
import type { RequestFeatures } from '../policy.js';
import { kvAware, KvAwarePolicy, type KvAwareOptions } from './kv-aware.policy.js';

const BLOCK = 4;

/** Four tokens a block, each block of a number of its own. */
const tokensOf = (...blocks: readonly number[]): number[] =>
  blocks.flatMap((block) => [block, block, block, block]);

/** A request for these blocks and one token more, which no cache spares. */
function requestFor(
  blocks: readonly number[],
  more: Partial<RequestFeatures> = {},
): RequestFeatures {
  const prompt = new PromptTokens(Uint32Array.from([...tokensOf(...blocks), 0]), 'm');
  return { text: '', sessionKey: undefined, prompt, ...more };
}

let names = 0;

/** What an engine says that computed a prompt of these blocks. */
function stored(blocks: readonly number[], medium = 'GPU'): BlockStored {
  return {
    type: 'BlockStored',
    hashes: blocks.map(() => ++names),
    parent: undefined,
    tokens: tokensOf(...blocks),
    blockSize: BLOCK,
    lora: '',
    extras: [],
    place: { medium, isRemote: false, group: undefined },
    kind: undefined,
  };
}

interface Fixture {
  readonly tools: FakeTools;
  readonly sut: KvAwarePolicy;
  readonly all: Endpoint[];
  readonly caches: readonly WorkerBlocks[];
  /** @returns index and reason */
  choose(request: RequestFeatures): readonly [number, string];
}

function fixture(options: Partial<KvAwareOptions> = {}, count = 3): Fixture {
  const blockIndex = new BlockIndex(BLOCK);
  const all = endpoints(count);
  const caches = all.map(({ id }) => blockIndex.add(id));
  const tools = new FakeTools();
  const sut = new KvAwarePolicy(tools, { ...kvAware.defaults, blockIndex, ...options });
  const choose: Fixture['choose'] = (request) => {
    const { index, reason } = sut.choose(all, request);
    return [index, reason];
  };
  return { tools, sut, all, caches, choose };
}

describe(KvAwarePolicy.name, () => {
  it('takes who holds the longest beginning', () => {
    const { caches, choose } = fixture();
    caches[1]!.apply(stored([1, 2]));
    caches[2]!.apply(stored([1, 2, 3]));
    expect(choose(requestFor([1, 2, 3, 4]))).toEqual([2, 'prefix']);
    // What is held after a gap is worth nothing.
    expect(choose(requestFor([9, 2, 3]))[1]).toBe('least load');
  });

  it('counts a request in flight as a token', () => {
    const { caches, choose, all, sut } = fixture();
    caches[2]!.apply(stored([1]));
    all[2]!.load = BLOCK - 1;
    const choice = sut.choose(all, requestFor([1, 2], { explain: true }));
    expect(choice).toEqual({ index: 2, reason: 'prefix', scores: [-9, -9, -8] });
    all[2]!.load = BLOCK + 1;
    expect(choose(requestFor([1, 3]))).toEqual([0, 'least load']);
  });

  it('decides ties by cost, then by the time of the last choice, then by the order', () => {
    const { caches, choose, all } = fixture();
    for (const cache of caches) cache.apply(stored([1, 2]));
    expect(choose(requestFor([1, 2]))).toEqual([0, 'prefix']);
    all[0]!.lastChosen = 2;
    all[1]!.lastChosen = 1;
    all[2]!.lastChosen = 1;
    expect(choose(requestFor([1, 2]))).toEqual([1, 'prefix']);
    all[2]!.cost = 0.5;
    expect(choose(requestFor([1, 2]))).toEqual([2, 'prefix']);
  });

  it('values a block by the best place where it lies', () => {
    const { caches, sut, all } = fixture({ externalCredit: 0.5 }, 4);
    caches[1]!.apply(stored([1, 2], 'CPU'));
    caches[2]!.apply(stored([1, 2], 'STORAGE'));
    caches[3]!.apply(stored([1, 2], 'elsewhere'));
    const scores = (): readonly number[] | undefined =>
      sut.choose(all, requestFor([1, 2], { explain: true })).scores;
    expect(scores()?.map((score) => Number(score.toFixed(3)))).toEqual([-9, -2.6, -6.6, -5]);
    caches[2]!.apply(stored([1, 2]));
    expect(scores()?.[2]).toBe(-1);
  });

  it('expects for two seconds that whoever gets a prompt holds it', () => {
    const { tools, caches, choose, all } = fixture();
    caches[0]!.apply(stored([7]));
    const [home] = choose(requestFor([1, 2]));
    all[home]!.load = 2;
    tools.time = 1999;
    expect(choose(requestFor([1, 2, 3]))).toEqual([home, 'prefix']);
    // The second one was expected as far as the first one was not.
    tools.time = 3998;
    expect(choose(requestFor([1, 2, 3]))).toEqual([home, 'prefix']);
    tools.time = 10_000;
    expect(choose(requestFor([1, 2, 3]))).not.toEqual([home, 'prefix']);
  });

  it('passes over who is overloaded, whatever it holds', () => {
    const { caches, choose, all } = fixture({ balanceAbsThreshold: 4, balanceRelThreshold: 1 });
    const long = Array.from({ length: 100 }, (_, i) => i + 1);
    caches[1]!.apply(stored(long));
    caches[2]!.apply(stored(long.slice(0, 50)));
    all[1]!.load = 4;
    expect(choose(requestFor(long))).toEqual([1, 'prefix']);
    all[1]!.load = 5;
    expect(choose(requestFor(long))).toEqual([2, 'prefix, longest is overloaded']);
    all[2]!.load = 5;
    expect(choose(requestFor(long))).toEqual([0, 'least load, prefix is overloaded']);
  });

  it('spreads prompts that only share a beginning much earlier', () => {
    const { caches, choose, all } = fixture({ balanceSharedThreshold: 2 });
    const system = Array.from({ length: 50 }, (_, i) => i + 1);
    caches[1]!.apply(stored([...system, 100]));
    all[1]!.load = 3;
    expect(choose(requestFor([...system, 200]))).toEqual([0, 'least load, prefix is overloaded']);
    // What goes on where that one ended is no other conversation.
    expect(choose(requestFor([...system, 100, 101]))).toEqual([1, 'prefix']);
  });

  it('gives chance its share, the larger the higher the temperature is', () => {
    const shares = [0, 0.3, 1000].map((temperature) => {
      const { caches, choose, tools } = fixture({ temperature }, 2);
      caches[1]!.apply(stored([1, 2, 3, 4]));
      const chosen = Array.from({ length: 1000 }, () => {
        tools.time += 10_000;
        return choose(requestFor([1, 2, 3, 4]))[0];
      });
      return (countOf(chosen).get(1) ?? 0) / 1000;
    });
    expect(shares[0]).toBe(1);
    // exp(-1 / 0.3) beside 1.
    expect(shares[1]).toBeCloseTo(0.966, 1);
    expect(shares[2]).toBeCloseTo(0.5, 1);
  });

  it('keeps a session at its worker until it was idle for long', () => {
    const { tools, caches, choose, all } = fixture({ affinityMaxIdle: 1000 });
    caches[0]!.apply(stored([9]));
    all[0]!.load = 1;
    const alice = { sessionKey: 'alice' };
    const [home] = choose(requestFor([1, 2], alice));
    expect(home).toBe(1);
    caches[2]!.apply(stored([3, 4, 5]));
    tools.time = 999;
    expect(choose(requestFor([3, 4, 5], alice))).toEqual([1, 'session, nothing is held']);
    tools.time = 1998;
    expect(choose(requestFor([3, 4, 5], alice))).toEqual([1, 'session']);
    tools.time = 10_000;
    expect(choose(requestFor([3, 4, 5], alice))).toEqual([2, 'prefix']);
  });

  it('lets a session go from a worker that is overloaded or gone, or when it has ended', () => {
    const { sut, all, caches, choose } = fixture({
      affinityMaxIdle: 1000,
      balanceAbsThreshold: 2,
    });
    caches[1]!.apply(stored([1, 2, 3, 4]));
    caches[2]!.apply(stored([1, 2, 3]));
    const alice = requestFor([1, 2, 3, 4], { sessionKey: 'alice' });
    expect(choose(alice)).toEqual([1, 'prefix']);
    expect(choose(alice)).toEqual([1, 'session']);
    all[1]!.load = 3;
    expect(choose(alice)[0]).toBe(2);
    all[1]!.load = 0;
    expect(choose(alice)).toEqual([2, 'session']);
    sut.sessionEnded('alice');
    expect(choose(alice)).toEqual([1, 'prefix']);
    expect(sut.choose([all[0]!, all[2]!], alice)).toEqual({ index: 1, reason: 'prefix' });
  });

  it('compares texts where there are no tokens, or no events to compare them with', () => {
    const { choose, all, caches } = fixture();
    const text = 'a text that is long enough to be told from others '.repeat(20);
    expect(choose({ text: '', sessionKey: undefined })[1]).toBe('no tokens, no text, least load');
    const [home, reason] = choose({ text, sessionKey: undefined });
    expect(reason).toBe('no tokens, least load');
    all[home]!.load = 1;
    const again = `${text} and more`;
    expect(choose({ text: again, sessionKey: undefined })).toEqual([home, 'prefix of its text']);
    expect(choose(requestFor([1, 2], { text: again }))).toEqual([home, 'prefix of its text']);
    expect(choose(requestFor([1, 2], { text: 'another one' }))[1]).toBe('no KV events, least load');
    caches[2]!.apply(stored([1, 2]));
    expect(choose(requestFor([1, 2], { text: again }))[0]).not.toBe(home);
  });

  it('counts the best of the ranks where the server chooses among them', () => {
    const blockIndex = new BlockIndex(BLOCK);
    const all = endpoints(2);
    blockIndex.add(all[1]!.id);
    blockIndex.add(all[1]!.id).apply(stored([1, 2]));
    const sut = new KvAwarePolicy(new FakeTools(), { ...kvAware.defaults, blockIndex });
    expect(sut.choose(all, requestFor([1, 2, 3]))).toEqual({ index: 1, reason: 'prefix' });
  });

  it('tells the blocks of adapters and of salts apart', () => {
    const { caches, sut, all } = fixture();
    caches[1]!.apply({ ...stored([1, 2]), lora: 'sql' });
    caches[2]!.apply({ ...stored([1, 2]), extras: [['mine'], []] });
    const of = (model: string, salt = ''): number =>
      sut.choose(all, {
        ...requestFor([]),
        prompt: new PromptTokens(Uint32Array.from([...tokensOf(1, 2), 0]), model, salt),
      }).index;
    expect([of('sql'), of('m', 'mine'), of('m')]).toEqual([1, 2, 0]);
  });
});
