import { describe, expect, it } from '@jest/globals';
import type { Figure } from './curve.js';
import { type CurveResult, pointsOf, rateOf } from './results.js';

const TTFT: Figure = { key: 'ttft', label: 'TTFT', unit: 'ms', judged: 'each', added: true };
const CPU: Figure = { key: 'cpu', label: 'CPU', unit: 'µs', judged: 'whole', from: 10 };

const CURVE: CurveResult = {
  name: 'prompt',
  title: 'prompt',
  axis: 'bytes',
  figures: [TTFT, CPU],
  problems: [],
  points: [1, 10, 100, 1000].flatMap((size) => [
    { peer: 'tandem', size, rounds: { ttft: [5, 9, 4], cpu: [size, null, size * 3] } },
    { peer: 'direct', size, rounds: { ttft: [2, 3, null] } },
  ]),
};

describe(pointsOf.name, () => {
  it('takes off what direct took in the same round', () => {
    expect(pointsOf(CURVE, TTFT, 'tandem')[0]).toEqual({ size: 1, value: 4.5, least: 3, most: 6 });
  });

  it('leaves out sizes below the first one, and rounds without a value', () => {
    const points = pointsOf(CURVE, CPU, 'tandem');
    expect(points.map(({ size }) => size)).toEqual([10, 100, 1000]);
    expect(points[0]).toMatchObject({ value: 20, least: 10, most: 30 });
  });

  it('is empty for a peer that took no part', () => {
    expect(pointsOf(CURVE, CPU, 'floor')).toEqual([]);
  });
});

describe(rateOf.name, () => {
  it('judges a cost a unit by its total', () => {
    expect(rateOf(CURVE, TTFT, 'tandem')?.overall).toBeCloseTo(1);
    expect(rateOf(CURVE, CPU, 'tandem')?.overall).toBeCloseTo(1);
  });

  it('judges nothing that is only shown', () => {
    expect(rateOf(CURVE, { key: 'cpu', label: 'CPU', unit: '' }, 'tandem')).toBeUndefined();
  });
});
