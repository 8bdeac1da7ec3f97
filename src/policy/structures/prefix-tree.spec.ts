import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { Holder, NODE_UNITS, type Hold } from './prefix-node.js';
import { PrefixTree } from './prefix-tree.js';
import { chunksOf, unitsOf } from './text-chunks.js';

const holdsOf = ({ held }: Holder): Hold[] => {
  const holds: Hold[] = [];
  for (let hold = held.oldest; hold; hold = hold.newer) holds.push(hold);
  return holds;
};

/** @returns what each holder is known to hold of a text, in chunks */
function knownOf(tree: PrefixTree, text: string): Map<string, number> {
  const known = new Map<string, number>();
  let { node, chunks } = tree.match(chunksOf(text));
  for (; node.parent; chunks = node.start, node = node.parent) {
    for (const { holder } of node.holds)
      known.set(holder.id, Math.max(chunks, known.get(holder.id) ?? 0));
  }
  return known;
}

/** Chunks that two texts have in common, by plain means. */
function common(one: string, other: string): number {
  const hashes = Array.from(chunksOf(one).hashes.subarray(0, chunksOf(one).count));
  const others = chunksOf(other);
  let chunks = 0;
  while (
    chunks < hashes.length &&
    chunks < others.count &&
    hashes[chunks] === others.hashes[chunks]
  ) {
    chunks++;
  }
  return chunks;
}

/** What a holder holds is what is counted, stands in the tree, and nodes above are newer. */
function isSound(holder: Holder): boolean {
  const holds = holdsOf(holder);
  const places = new Map(holds.map(({ node }, place) => [node, place]));
  const size = holds.reduce((sum, { node }) => sum + node.size, 0);
  return (
    holder.size === size &&
    holds.every((hold, place) => {
      const { parent, length } = hold.node;
      const above = parent!.parent ? places.get(parent!) : Infinity;
      return hold.node.holds.includes(hold) && length > 0 && above! > place;
    })
  );
}

/** Texts of few words, so that many begin alike and end at many places. */
function randomText(random: () => number): string {
  let text = '';
  for (let words = Math.floor(random() * 9); words >= 0; words--) {
    text += ['aaaa', 'bbbbbbbb', 'c'.repeat(33), 'd'.repeat(16)][Math.floor(random() * 4)]!;
  }
  return text;
}

describe(PrefixTree.name, () => {
  it.each([1, 2, 3, 4])('knows of each holder the longest beginning (seed %i)', (seed) => {
    const random = randomOf(seed);
    const tree = new PrefixTree();
    const holders = ['a', 'b', 'c', 'd'].map((id) => new Holder(id));
    const texts = new Map(holders.map((holder) => [holder, [] as string[]]));
    for (let step = 0; step < 300; step++) {
      const text = randomText(random);
      const expected = new Map<string, number>();
      for (const [holder, held] of texts) {
        const most = Math.max(0, ...held.map((each) => common(each, text)));
        if (most > 0) expected.set(holder.id, most);
      }
      expect(knownOf(tree, text)).toEqual(expected);
      const holder = holders[Math.floor(random() * holders.length)]!;
      tree.insert(chunksOf(text), holder, Infinity);
      texts.get(holder)!.push(text);
    }
    expect(holders.every(isSound)).toBe(true);
  });

  it.each([5, 6, 7, 8])('holds no more than it may, the newest (seed %i)', (seed) => {
    const random = randomOf(seed);
    const tree = new PrefixTree();
    const holders = ['a', 'b', 'c'].map((id) => new Holder(id));
    const limit = 12 * NODE_UNITS;
    for (let step = 0; step < 600; step++) {
      const text = randomText(random);
      const holder = holders[Math.floor(random() * holders.length)]!;
      tree.insert(chunksOf(text), holder, limit);
      expect(holder.size).toBeLessThanOrEqual(limit);
      expect(knownOf(tree, text).get(holder.id)).toBe(chunksOf(text).count);
      if (step % 50 === 0) expect(holders.every(isSound)).toBe(true);
    }
    for (const holder of holders) {
      tree.shrink(holder, limit);
      expect(holder.size).toBeLessThanOrEqual(limit);
      expect(isSound(holder)).toBe(true);
    }
  });

  it('forgets what was used longest ago first', () => {
    const tree = new PrefixTree();
    const holder = new Holder('a');
    const texts = ['one ', 'two ', 'three ', 'four '].map((word) => word.repeat(20));
    for (const text of texts) tree.insert(chunksOf(text), holder, Infinity);
    tree.insert(chunksOf(texts[0]!), holder, Infinity);
    tree.shrink(holder, holder.size - 1);
    const isKnown = (text: string): boolean => knownOf(tree, text).size > 0;
    expect(texts.map(isKnown)).toEqual([true, false, true, true]);
    tree.shrink(holder, holder.size - 1);
    expect(texts.map(isKnown)).toEqual([true, false, false, true]);
  });

  it('keeps a beginning that newer texts need', () => {
    const tree = new PrefixTree();
    const holder = new Holder('a');
    const system = 'You are a helpful assistant. '.repeat(10).slice(0, 256);
    tree.insert(chunksOf(`${system}${'old question '.repeat(5)}`), holder, Infinity);
    tree.insert(chunksOf(`${system}${'new question '.repeat(5)}`), holder, Infinity);
    tree.shrink(holder, holder.size - 1);
    expect(unitsOf(knownOf(tree, `${system}${'old question '.repeat(5)}`).get(holder.id)!)).toBe(
      256,
    );
    expect(unitsOf(knownOf(tree, `${system}${'new question '.repeat(5)}`).get(holder.id)!)).toBe(
      320,
    );
  });

  it('takes a text of its beginning for held by who holds the whole', () => {
    const tree = new PrefixTree();
    const holder = new Holder('a');
    tree.insert(chunksOf('x'.repeat(640)), holder, Infinity);
    const { size } = holder;
    tree.insert(chunksOf('x'.repeat(320)), holder, Infinity);
    expect(holder.size).toBe(size);
  });

  it('tells a text that goes on from one that only begins alike', () => {
    const tree = new PrefixTree();
    const holder = new Holder('a');
    const system = 'You are a helpful assistant. '.repeat(10).slice(0, 256);
    const continues = (text: string): boolean => tree.match(chunksOf(text)).continues;
    const turn = `${system}${'What is a radix tree? '.repeat(4)}`;
    expect(continues(turn)).toBe(false);
    tree.insert(chunksOf(turn), holder, Infinity);
    expect([turn, `${turn} A tree of beginnings. `].map(continues)).toEqual([true, true]);
    expect(continues(`${system}${'What is a hash ring? '.repeat(4)}`)).toBe(false);
    for (let fork = 0; fork < 4; fork++) {
      expect(continues(`${turn} ${fork}`)).toBe(true);
      tree.insert(chunksOf(`${turn} ${fork} and so on`.padEnd(500, '.')), holder, Infinity);
    }
    expect(continues(`${turn} 4`)).toBe(true);
    tree.insert(chunksOf(`${turn} 5 and so on`.padEnd(500, '.')), holder, Infinity);
    // So many go on from it that it is no conversation.
    expect(continues(`${turn} 6`)).toBe(false);
  });

  it('lets go of all that somebody held, little by little', () => {
    const random = randomOf(11);
    const tree = new PrefixTree();
    const [leaver, stayer] = [new Holder('leaver'), new Holder('stayer')];
    for (let i = 0; i < 200; i++)
      tree.insert(chunksOf(`${i} ${randomText(random)}`), leaver, Infinity);
    tree.leave(leaver);
    tree.leave(new Holder('empty'));
    let steps = 0;
    for (; leaver.size > 0; steps++) {
      tree.insert(chunksOf(`${steps} ${randomText(random)}`), stayer, Infinity);
      expect(isSound(leaver)).toBe(true);
    }
    expect(steps).toBeGreaterThan(2);
    expect(steps).toBeLessThan(40);
    tree.leave(stayer);
    tree.tidy();
    expect([stayer.size, knownOf(tree, '0 aaaa').size]).toEqual([0, 0]);
  });

  it('is bounded after very many texts', () => {
    const tree = new PrefixTree();
    const holder = new Holder('a');
    const limit = 2 ** 18;
    for (let i = 0; i < 20_000; i++)
      tree.insert(chunksOf(`${i} ${'lorem ipsum '.repeat(3)}`), holder, limit);
    expect(holder.size).toBeLessThanOrEqual(limit);
    expect(holdsOf(holder).length).toBeLessThanOrEqual(limit / NODE_UNITS);
    expect(isSound(holder)).toBe(true);
  });
});
