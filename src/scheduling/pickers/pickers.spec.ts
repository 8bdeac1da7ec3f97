import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  pluginOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Endpoints, Picker } from '../plugin.js';
import type { PluginDefinition } from '../plugin-definition.js';
import { maxScorePicker } from './max-score-picker.js';
import { randomPicker } from './random-picker.js';
import { weightedRandomPicker } from './weighted-random-picker.js';

const request = inferenceRequest();

function picks(
  definition: PluginDefinition,
  totals: readonly number[],
  inFlight: readonly number[] = [],
  { rounds = 1, count = 1 } = {},
): number[][] {
  const all: Endpoints = servers(totals.map((_, i) => ({ inFlight: inFlight[i] ?? 0 })));
  const sut = pluginOf<Picker>(
    definition,
    count === 1 ? {} : { maxNumOfEndpoints: count },
    new FakePluginTools('sut', 7),
  );
  return Array.from({ length: rounds }, () =>
    sut.pick(request, all, Float64Array.from(totals)).map((each) => all.indexOf(each)),
  );
}

/** How often each was the first choice. */
function shares(all: readonly number[][], of: number): number[] {
  const counts = new Array<number>(of).fill(0);
  for (const [first] of all) counts[first!]!++;
  return counts.map((count) => count / all.length);
}

describe('max-score-picker', () => {
  it.each([
    ['the highest total', [0.1, 3, 2], [0, 9, 0], [1]],
    ['of equal ones the one with fewer in flight', [5, 5, 5], [2, 1, 3], [1]],
    ['negative totals too', [-3, -1, -2], [], [1]],
    ['the only one', [0], [], [0]],
  ])('takes %s', (_, totals, inFlight, expected) => {
    expect(picks(maxScorePicker, totals, inFlight)).toEqual([expected]);
  });

  it('takes any of those that are equal in all, each as often', () => {
    const all = shares(
      picks(maxScorePicker, [1, 4, 4, 0, 4], [0, 2, 2, 0, 2], { rounds: 3000 }),
      5,
    );
    expect([all[0], all[3]]).toEqual([0, 0]);
    for (const share of [all[1]!, all[2]!, all[4]!]) expect(share).toBeCloseTo(1 / 3, 1);
  });

  it('gives as many as asked for, the best first, equal ones by what they have in flight', () => {
    const [picked] = picks(maxScorePicker, [1, 5, 3, 5, 3], [0, 2, 1, 1, 0], { count: 4 });
    expect(picked).toEqual([3, 1, 4, 2]);
  });

  it('gives all where there are fewer than asked for', () => {
    expect(picks(maxScorePicker, [1, 2], [], { count: 9 })).toEqual([[1, 0]]);
  });

  it('refuses a count below 1', () => {
    expect(() => pluginOf(maxScorePicker, { maxNumOfEndpoints: 0 })).toThrow('maxNumOfEndpoints');
  });
});

describe('random-picker', () => {
  it('takes each as often, whatever the totals', () => {
    for (const share of shares(picks(randomPicker, [0, 9, 1, 0], [], { rounds: 4000 }), 4)) {
      expect(share).toBeCloseTo(1 / 4, 1);
    }
  });

  it('gives several, none twice', () => {
    for (const picked of picks(randomPicker, [0, 0, 0, 0, 0], [], { rounds: 50, count: 3 })) {
      expect(new Set(picked).size).toBe(3);
    }
  });
});

describe('weighted-random-picker', () => {
  it('takes each as often as its total is high', () => {
    const all = shares(picks(weightedRandomPicker, [1, 2, 0, 5], [], { rounds: 8000 }), 4);
    [1 / 8, 2 / 8, 0, 5 / 8].forEach((share, i) => expect(all[i]).toBeCloseTo(share, 1));
  });

  it('takes any where no total is above 0', () => {
    for (const share of shares(picks(weightedRandomPicker, [0, -1, 0], [], { rounds: 3000 }), 3)) {
      expect(share).toBeCloseTo(1 / 3, 1);
    }
  });

  it('keeps to the weights though they are tiny', () => {
    const all = shares(picks(weightedRandomPicker, [1e-9, 3e-9], [], { rounds: 4000 }), 2);
    expect(all[1]).toBeCloseTo(0.75, 1);
  });

  it('gives those without a total last', () => {
    for (const picked of picks(weightedRandomPicker, [0, 1, 2], [], { rounds: 50, count: 3 })) {
      expect(picked[2]).toBe(0);
    }
  });
});
