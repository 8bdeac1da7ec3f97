import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { blockHashes, rootOf } from './block-hashes.js';
import { PrefixIndex } from './prefix-index.js';

interface Server {
  readonly name: string;
}

const ROOT = rootOf('m', '', 1);

/** Blocks of one word each. */
function hashesOf(words: readonly number[]): Int32Array {
  return blockHashes(Int32Array.from(words), words.length, 1, ROOT);
}

function serversOf(count: number): Server[] {
  return Array.from({ length: count }, (_, i) => ({ name: `s${i}` }));
}

/** The same by the letter of the rules: a list of texts, the newest last. */
class NaiveIndex {
  private readonly held = new Map<Server, string[]>();

  count(server: Server): number {
    return this.held.get(server)?.length ?? 0;
  }

  record(words: readonly number[], server: Server, capacity: number): void {
    const held = this.held.get(server) ?? [];
    for (let length = Math.min(words.length, capacity); length > 0; length--) {
      const block = words.slice(0, length).join();
      const at = held.indexOf(block);
      if (at >= 0) held.splice(at, 1);
      held.push(block);
      while (held.length > capacity) held.shift();
    }
    this.held.set(server, held);
  }

  /** Goes through the blocks until nobody holds one: each that does counts. */
  heldBy(server: Server, words: readonly number[]): number {
    const held = this.held.get(server) ?? [];
    let count = 0;
    for (let length = 1; length <= words.length; length++) {
      if (held.includes(words.slice(0, length).join())) count++;
    }
    return count;
  }

  remove(server: Server): void {
    this.held.delete(server);
  }
}

function heldBy(index: PrefixIndex<Server>, words: readonly number[], server: Server): number {
  const holders = index.match(hashesOf(words));
  return holders ? index.heldBy(server, holders) : 0;
}

describe(PrefixIndex.name, () => {
  it('tells for each endpoint how much of a prompt it has been sent', () => {
    const index = new PrefixIndex<Server>();
    const [a, b, c] = serversOf(3) as [Server, Server, Server];
    index.record(hashesOf([1, 2, 3, 4]), a, 100);
    index.record(hashesOf([1, 2, 9]), b, 100);
    const prompt = [1, 2, 3, 5, 6];
    expect([a, b, c].map((server) => heldBy(index, prompt, server))).toEqual([3, 2, 0]);
    expect(index.match(hashesOf([2, 3]))).toBeUndefined();
    expect(index.match(hashesOf([]))).toBeUndefined();
    expect(index.size).toBe(5);
  });

  it('forgets the ends of the prompts that were sent longest ago', () => {
    const index = new PrefixIndex<Server>();
    const [a] = serversOf(1) as [Server];
    index.record(hashesOf([1, 2, 3]), a, 4);
    index.record(hashesOf([7, 8]), a, 4);
    expect(heldBy(index, [1, 2, 3], a)).toBe(2);
    index.record(hashesOf([1, 2]), a, 4);
    index.record(hashesOf([5]), a, 4);
    expect([heldBy(index, [1, 2, 3], a), heldBy(index, [7, 8], a)]).toEqual([2, 1]);
    expect(index.count(a)).toBe(4);
  });

  it('keeps the beginning of a prompt that is longer than what is remembered', () => {
    const index = new PrefixIndex<Server>();
    const [a] = serversOf(1) as [Server];
    index.record(hashesOf([1, 2, 3, 4, 5]), a, 3);
    expect(heldBy(index, [1, 2, 3, 4, 5], a)).toBe(3);
    index.record(hashesOf([1, 2, 3]), a, 2);
    expect(heldBy(index, [1, 2, 3, 4, 5], a)).toBe(2);
  });

  it('holds nothing for an endpoint that has left, nor for the one that comes after it', () => {
    const index = new PrefixIndex<Server>();
    const [a, b, c] = serversOf(3) as [Server, Server, Server];
    const words = Array.from({ length: 2000 }, (_, i) => i);
    index.record(hashesOf(words), a, 5000);
    const before = index.match(hashesOf(words))!;
    index.remove(a);
    expect(heldBy(index, words, a)).toBe(0);
    for (let i = 0; i < 10; i++) index.record(hashesOf([-1]), b, 10);
    expect(index.size).toBe(1);
    index.record(hashesOf([-2]), c, 10);
    expect(index.heldBy(c, before)).toBe(0);
    index.remove(a);
  });

  it.each([1, 2, 3, 4])('does what a plain list of blocks does, run %#', (seed) => {
    const random = randomOf(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const index = new PrefixIndex<Server>();
    const naive = new NaiveIndex();
    const servers = serversOf(12);
    const capacities = servers.map(() => 5 + below(60));
    const prompts: number[][] = [[1], [2]];
    for (let step = 0; step < 600; step++) {
      const base = prompts[below(prompts.length)]!;
      const words = base.slice(0, 1 + below(base.length));
      for (let more = below(8); more > 0; more--) words.push(below(3));
      if (prompts.length < 60) prompts.push(words);
      else prompts[below(60)] = words.slice(0, 40);
      const at = below(servers.length);
      const server = servers[at]!;
      const kind = random();
      if (kind < 0.02) {
        index.remove(server);
        naive.remove(server);
        servers[at] = { name: 'new' };
      } else if (kind < 0.05) capacities[at] = 5 + below(60);
      else if (kind < 0.6) {
        index.record(hashesOf(words), server, capacities[at]!);
        naive.record(words, server, capacities[at]!);
      }
      const holders = index.match(hashesOf(words));
      const told = servers.map((one) => [
        holders ? index.heldBy(one, holders) : 0,
        index.count(one),
      ]);
      expect(told).toEqual(servers.map((one) => [naive.heldBy(one, words), naive.count(one)]));
    }
  });
});
