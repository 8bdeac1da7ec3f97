import { describe, expect, it } from '@jest/globals';
import { compare, type FigureRuns } from './verdict.js';

const figure = (old: number[], now: number[], more: Partial<FigureRuns> = {}): FigureRuns => ({
  old,
  now,
  again: now,
  higherIsBetter: false,
  ...more,
});

describe(compare.name, () => {
  it('flags a change that all runs show', () => {
    const old = [100, 101, 99, 100, 102, 98, 100];
    const slower = old.map((value) => value * 1.1);
    expect(compare(figure(old, slower), 0.05)).toMatchObject({ verdict: 'slower', worse: 7 });
    expect(compare(figure(slower, old), 0.05).verdict).toBe('faster');
    expect(compare(figure(old, slower, { higherIsBetter: true }), 0.05).verdict).toBe('faster');
  });

  it('leaves a change within the threshold alone', () => {
    expect(
      compare(figure([100, 100, 100, 100, 100], [103, 103, 103, 103, 103]), 0.05).verdict,
    ).toBe('same');
  });

  it('calls it noise where the runs do not agree', () => {
    const now = [120, 80, 130, 125, 70, 122, 119];
    expect(compare(figure([100, 100, 100, 100, 100, 100, 100], now), 0.05).verdict).toBe('noise');
  });

  it('expects more than two copies of the same program differ by', () => {
    const old = [100, 100, 100, 100, 100];
    const now = old.map((value) => value * 1.1);
    const again = now.map((value) => value * 1.1);
    expect(compare(figure(old, now, { again }), 0.05)).toMatchObject({
      verdict: 'same',
      control: expect.closeTo(1.1),
    });
  });

  it('leaves out runs without a value', () => {
    expect(compare(figure([100, NaN, 100], [110, 110, NaN]), 0.05).runs).toBe(1);
  });
});
