import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  matchOf,
  pluginOf,
  resultOf,
  scoresOf,
  server,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { noHitLruScorer, type NoHitLruScorer } from './no-hit-lru-scorer.js';

const PRODUCER = 'approx-prefix-cache-producer';

/** Has a request decided for one of them. @param held blocks of the prompt that each endpoint holds */
function send(sut: NoHitLruScorer, all: Server[], to: Server[], held: number[] = []): number[] {
  const request = inferenceRequest();
  request.attributes.set(PRODUCER, matchOf(all, held, { totalBlocks: 4, blockSize: 16 }));
  const scores = scoresOf(sut, all, request);
  sut.decided(request, resultOf(to[0]!, to[1]));
  return scores;
}

describe('no-hit-lru-scorer', () => {
  const some = (count: number) => Array.from({ length: count }, (_, i) => server(i));

  it('puts those first that got no cold request yet, in their order', () => {
    expect(scoresOf(pluginOf(noHitLruScorer), some(3))).toEqual([1, 0.5, 0]);
  });

  it('puts the one last that got the last cold request', () => {
    const [a, b, c, d, e] = some(5) as [Server, Server, Server, Server, Server];
    const all = [a, b, c, d, e];
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    send(sut, all, [b]);
    send(sut, all, [d]);
    send(sut, all, [a]);
    expect(send(sut, all, [b])).toEqual([0, 0.5, 1, 0.25, 0.75]);
    expect(scoresOf(sut, all)).toEqual([0.25, 0, 1, 0.5, 0.75]);
  });

  it('gives all 0.5 where a cache holds something, and forgets nothing by it', () => {
    const all = some(3);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    expect(send(sut, all, [all[0]!], [0, 1, 0])).toEqual([0.5, 0.5, 0.5]);
    expect(send(sut, all, [all[0]!], [0, 0, 0])).toEqual([1, 0.5, 0]);
    expect(scoresOf(sut, all)).toEqual([0, 1, 0.5]);
  });

  it('takes a request for cold where nothing was found out', () => {
    const all = some(2);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    const request = inferenceRequest();
    scoresOf(sut, all, request);
    sut.decided(request, resultOf(all[0]!));
    expect(scoresOf(sut, all)).toEqual([0, 1]);
  });

  it('counts the server that prefills, too', () => {
    const all = some(3);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    send(sut, all, [all[0]!, all[1]!]);
    expect(scoresOf(sut, all)).toEqual([0.5, 0, 1]);
  });

  it('gives a single server 1, used or not', () => {
    const all = some(1);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    expect(send(sut, all, [all[0]!])).toEqual([1]);
    expect(scoresOf(sut, all)).toEqual([1]);
  });

  it('ranks among the candidates, whoever else was used', () => {
    const all = some(4);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer);
    for (const each of all) send(sut, all, [each]);
    expect(scoresOf(sut, [all[2]!, all[1]!])).toEqual([0, 1]);
  });

  it('remembers so many servers, and none that is gone', () => {
    const all = some(3);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer, { lruSize: 2 });
    for (const each of all) send(sut, all, [each]);
    expect(scoresOf(sut, all)).toEqual([1, 0.5, 0]);
    sut.removed(all[2]!);
    expect(scoresOf(sut, all)).toEqual([1, 0, 0.5]);
  });

  it.each([1, 2, 3])('does what a sorted list does (seed %i)', (seed) => {
    const random = randomOf(seed);
    const pool = some(12);
    const sut = pluginOf<NoHitLruScorer>(noHitLruScorer, {}, new FakePluginTools());
    const used: Server[] = [];
    for (let i = 0; i < 300; i++) {
      const all = pool.filter(() => random() < 0.7);
      if (all.length < 2) continue;
      const unused = all.filter((each) => !used.includes(each));
      const order = [...unused, ...used.filter((each) => all.includes(each))];
      const choice = all[Math.floor(random() * all.length)]!;
      expect(send(sut, all, [choice])).toEqual(
        all.map((each) => 1 - order.indexOf(each) / (all.length - 1)),
      );
      if (used.includes(choice)) used.splice(used.indexOf(choice), 1);
      used.push(choice);
    }
  });

  it('takes what older versions have', () => {
    const older = {
      prefixPluginType: 'prefix-cache-scorer',
      prefixPluginName: 'cache',
      lruSize: 0,
    };
    expect(scoresOf(pluginOf(noHitLruScorer, older), some(2))).toEqual([1, 0]);
  });
});
