import { describe, expect, it } from '@jest/globals';
import { scoresOf, servers } from '../../../test/support/scheduling-harness.js';
import { queueScorer } from './queue-scorer.js';
import { runningRequestsSizeScorer } from './running-requests-size-scorer.js';
import { pluginOf } from '../../../test/support/scheduling-harness.js';
import type { Scorer } from '../plugin.js';

describe.each([
  ['queue-scorer', queueScorer, 'waiting'],
  ['running-requests-size-scorer', runningRequestsSizeScorer, 'running'],
] as const)('%s', (_type, definition, member) => {
  const sut = pluginOf<Scorer>(definition);
  const of = (values: number[]) =>
    scoresOf(sut, servers(values.map((value) => ({ state: { [member]: value } }))));

  it.each([
    [
      [0, 5, 10],
      [1, 0.5, 0],
    ],
    [
      [3, 4],
      [1, 0],
    ],
    [
      [10, 2, 6, 2],
      [0, 1, 0.5, 1],
    ],
    [
      [1e9, 0],
      [0, 1],
    ],
  ])('spreads %j over %j', (values, scores) => {
    expect(of(values)).toEqual(scores);
  });

  it.each([[[0, 0, 0]], [[7, 7]], [[3]], [[]]])(
    'gives all 1 where all are the same: %j',
    (values) => {
      expect(of(values)).toEqual(values.map(() => 1));
    },
  );

  it.each([
    [
      [NaN, 2, 4],
      [0, 1, 0],
    ],
    [
      [Infinity, 2, 4],
      [0, 1, 0],
    ],
    [
      [NaN, 3],
      [0, 1],
    ],
    [
      [NaN, NaN],
      [0, 0],
    ],
  ])('never says NaN: %j', (values, scores) => {
    expect(of(values)).toEqual(scores);
  });

  it('takes a server that was never asked for an idle one', () => {
    expect(scoresOf(sut, servers([{ state: { [member]: 4, readAt: 1 } }, {}]))).toEqual([0, 1]);
  });
});
