import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../test/support/random-pods.js';
import type { BlockStored, KvEvent, Place } from './kv-event.js';
import { PromptTokens } from './prompt-tokens.js';
import { TIERS, WorkerBlocks, type Tier } from './worker-blocks.js';

const GPU: Place = { medium: 'GPU', isRemote: false, group: undefined };

function stored(
  change: Partial<BlockStored> & Pick<BlockStored, 'hashes' | 'tokens'>,
): BlockStored {
  return {
    type: 'BlockStored',
    parent: undefined,
    blockSize: 2,
    lora: '',
    extras: [],
    place: GPU,
    kind: undefined,
    ...change,
  };
}

function chainOf(tokens: readonly number[], { lora = '', salt = '' } = {}): Float64Array {
  // One token more: the last one is computed whatever is held.
  return new PromptTokens(Uint32Array.from([...tokens, 0]), 'm', salt).chain(2, lora);
}

function heldOf(sut: WorkerBlocks, chain: Float64Array): boolean[] {
  return [...chain].map((hash) => sut.tiersOf(hash) !== 0);
}

describe(WorkerBlocks.name, () => {
  it('knows a prompt by its tokens, whatever the engine calls its blocks', () => {
    const sut = new WorkerBlocks(16);
    sut.apply(stored({ hashes: [7, 8], tokens: [1, 2, 3, 4] }));
    sut.apply(stored({ hashes: [9], tokens: [5, 6], parent: 8 }));
    expect(sut.blockSize).toBe(2);
    expect(heldOf(sut, chainOf([1, 2, 3, 4, 5, 6, 7, 8]))).toEqual([true, true, true, false]);
    expect(heldOf(sut, chainOf([3, 4]))).toEqual([false]);
  });

  it('tells adapters and salts apart', () => {
    const adapters = new Set<string>();
    const sut = new WorkerBlocks(2, adapters);
    sut.apply(stored({ hashes: [1], tokens: [1, 2], lora: 'sql' }));
    sut.apply(stored({ hashes: [2, 3], tokens: [1, 2, 3, 4], extras: [['mine'], []] }));
    expect(heldOf(sut, chainOf([1, 2]))).toEqual([false]);
    expect(heldOf(sut, chainOf([1, 2, 3, 4], { lora: 'sql' }))).toEqual([true, false]);
    expect(heldOf(sut, chainOf([1, 2, 3, 4], { salt: 'mine' }))).toEqual([true, true]);
    expect([...adapters]).toEqual(['sql']);
  });

  it('says where a block lies, and forgets it when it lies nowhere', () => {
    const sut = new WorkerBlocks(2);
    const chain = chainOf([1, 2]);
    const tiers = (): Tier[] =>
      TIERS.filter((_, tier) => (sut.tiersOf(chain[0]!) & (1 << tier)) !== 0);
    const host: Place = { ...GPU, medium: 'CPU' };
    sut.apply(stored({ hashes: [1], tokens: [1, 2] }));
    sut.apply(stored({ hashes: [1], tokens: [1, 2], place: host }));
    sut.apply(stored({ hashes: [1], tokens: [], place: { ...GPU, medium: 'STORAGE' } }));
    sut.apply(stored({ hashes: [1], tokens: [], place: { ...host, isRemote: true } }));
    expect(tiers()).toEqual(['gpu', 'host', 'external', 'disk']);
    sut.apply({ type: 'BlockRemoved', hashes: [1], place: GPU });
    expect(tiers()).toEqual(['host', 'external', 'disk']);
    sut.apply({ type: 'BlockRemoved', hashes: [1], place: { ...GPU, medium: undefined } });
    expect([tiers(), sut.count]).toEqual([[], 0]);
  });

  it('cuts the longer blocks of another tier into its own', () => {
    const sut = new WorkerBlocks(16);
    sut.apply(stored({ hashes: [1], tokens: [1, 2] }));
    const host: Place = { ...GPU, medium: 'CPU' };
    sut.apply(stored({ hashes: [50], tokens: [1, 2, 3, 4], blockSize: 4, place: host }));
    expect(heldOf(sut, chainOf([1, 2, 3, 4]))).toEqual([true, true]);
    sut.apply({ type: 'BlockRemoved', hashes: [50], place: host });
    expect(heldOf(sut, chainOf([1, 2, 3, 4]))).toEqual([true, false]);
  });

  it('leaves out what holds no whole prompts', () => {
    const sut = new WorkerBlocks(2);
    const full: Place = { ...GPU, group: 0 };
    const other: Place = { ...GPU, group: 1 };
    sut.apply(stored({ hashes: [1], tokens: [1, 2], place: other, kind: 'sliding_window' }));
    expect(sut.count).toBe(0);
    sut.apply(stored({ hashes: [1], tokens: [1, 2], place: full, kind: 'full_attention' }));
    sut.apply(stored({ hashes: [1], tokens: [1, 2], place: other, kind: 'sliding_window' }));
    sut.apply({ type: 'BlockRemoved', hashes: [1], place: other });
    expect(heldOf(sut, chainOf([1, 2]))).toEqual([true]);
    sut.apply(stored({ hashes: [4], tokens: [3], blockSize: 1, place: full }));
    sut.apply(stored({ hashes: [5, 6], tokens: [3, 4], place: full }));
    expect(sut.count).toBe(1);
  });

  it('says that it cannot place a block after one that it does not know', () => {
    const sut = new WorkerBlocks(2);
    expect(sut.apply(stored({ hashes: [2], tokens: [3, 4], parent: 1 }))).toBe(false);
    expect(sut.apply({ type: 'BlockRemoved', hashes: [2], place: GPU })).toBe(true);
    expect(sut.count).toBe(0);
  });

  it('knows a beginning that several prompts share', () => {
    const sut = new WorkerBlocks(2);
    sut.apply(stored({ hashes: [1], tokens: [1, 2] }));
    const [first] = chainOf([1, 2]);
    expect(sut.isFollowed(first!)).toBe(false);
    sut.apply(stored({ hashes: [2], tokens: [3, 4], parent: 1 }));
    expect(sut.isFollowed(first!)).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6])('holds what an oracle holds after any events (seed %i)', (seed) => {
    const random = randomOf(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const sut = new WorkerBlocks(2);
    /** Token texts of the blocks held, by what the engine calls them. */
    const oracle = new Map<number, string>();
    const names = new Map<string, number>();
    for (let step = 0; step < 3000; step++) {
      let event: KvEvent;
      const kind = random();
      if (kind < 0.6) {
        const tokens = Array.from({ length: 2 * (1 + below(4)) }, () => below(3));
        const prefixes = tokens.flatMap((_, i) =>
          i % 2 === 1 ? [tokens.slice(0, i + 1).join()] : [],
        );
        const hashes = prefixes.map((prefix) => {
          if (!names.has(prefix)) names.set(prefix, names.size + 1);
          return names.get(prefix)!;
        });
        const from = hashes.findIndex((hash) => !oracle.has(hash));
        if (from < 0) continue;
        for (let i = from; i < hashes.length; i++) oracle.set(hashes[i]!, prefixes[i]!);
        event = stored({
          hashes: hashes.slice(from),
          tokens: tokens.slice(2 * from),
          parent: from === 0 ? undefined : hashes[from - 1],
        });
      } else if (kind < 0.995) {
        const hash = [...oracle.keys()][below(oracle.size)] ?? 99;
        oracle.delete(hash);
        event = { type: 'BlockRemoved', hashes: [hash], place: GPU };
      } else {
        oracle.clear();
        event = { type: 'AllBlocksCleared' };
      }
      expect(sut.apply(event)).toBe(true);
    }
    expect(sut.count).toBe(oracle.size);
    const held = new Set(oracle.values());
    for (const prefix of names.keys()) {
      const chain = chainOf(prefix.split(',').map(Number));
      expect(sut.tiersOf(chain.at(-1)!) !== 0).toBe(held.has(prefix));
    }
  });
});
