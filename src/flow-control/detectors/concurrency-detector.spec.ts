import { describe, expect, it } from '@jest/globals';
import { flowRequest, flowServer } from '../../../test/support/flow-harness.js';
import type { InferenceRequest } from '../../scheduling/inference-request.js';
import {
  ConcurrencyDetector,
  concurrencyDetector,
  type ConcurrencyLimits,
} from './concurrency-detector.js';

const request = flowRequest() as InferenceRequest;

/** @param given requests and tokens of each */
const servers = (...given: [number, number][]) =>
  given.map(([inFlight, inFlightTokens], i) =>
    flowServer(`s${i}`, {}, { inFlight, inFlightTokens }),
  );

const detector = (given: Partial<ConcurrencyLimits> = {}) =>
  new ConcurrencyDetector({
    ...{ mode: 'requests', requests: 10, tokens: 100, tokensByRole: new Map(), headroom: 0 },
    ...given,
  });

describe(ConcurrencyDetector.name, () => {
  it.each([
    ['requests', servers([5, 0], [10, 0]), 0.75],
    ['requests', servers([0, 1000]), 0],
    ['requests', servers([12, 0]), 1.2],
    ['tokens', servers([99, 50], [99, 0]), 0.25],
    ['hybrid', servers([10, 0], [0, 100]), 1],
    ['hybrid', servers([10, 0], [10, 0]), 1],
    ['hybrid', servers([5, 20], [0, 0]), 0.25],
  ] as const)('finds the pool by %s as full as it is', (mode, pool, saturation) => {
    expect(detector({ mode }).saturation(pool)).toBeCloseTo(saturation, 12);
  });

  it('counts what is pending', () => {
    const pool = servers([4, 10], [4, 10]);
    const pending = { requests: 2, tokens: 100 };
    expect(detector().saturation(pool, pending)).toBeCloseTo(0.5, 12);
    expect(detector({ mode: 'tokens' }).saturation(pool, pending)).toBeCloseTo(0.6, 12);
    expect(detector({ mode: 'hybrid' }).saturation(pool, pending)).toBeCloseTo(0.6, 12);
  });

  it('knows limits of roles', () => {
    const pool = [
      flowServer('p', {}, { inFlightTokens: 10, labels: { 'llm-d.ai/role': 'prefill' } }),
      flowServer('d', {}, { inFlightTokens: 10, labels: { 'llm-d.ai/role': 'decode' } }),
    ];
    const sut = detector({ mode: 'tokens', tokensByRole: new Map([['prefill', 10]]) });
    expect(sut.saturation(pool)).toBeCloseTo(20 / 110, 12);
    expect(sut.filter(request, pool)).toEqual([pool[1]]);
  });

  it.each([
    ['requests', 0, [0, 3]],
    ['requests', 0.1, [0, 1, 3]],
    ['tokens', 0, [0, 1, 2]],
    ['hybrid', 0, [0]],
  ] as const)('leaves out full ones by %s with headroom %d', (mode, headroom, left) => {
    const pool = servers([9, 99], [10, 0], [11, 99], [0, 100]);
    const kept = detector({ mode, headroom }).filter(request, pool);
    expect(kept.map((one) => pool.indexOf(one as (typeof pool)[0]))).toEqual(left);
  });

  it('leaves all where all are full, or none, which is for being busy', () => {
    const pool = servers([10, 0], [11, 0]);
    expect(detector().filter(request, pool)).toBe(pool);
    expect(detector({ failClosed: true }).filter(request, pool)).toEqual([]);
    expect(detector().saturates).toBe(true);
  });

  it.each([
    [{ concurrencyMode: 'both' }],
    [{ maxConcurrency: 0 }],
    [{ maxTokenConcurrency: 1.5 }],
    [{ maxTokenConcurrencyByRole: { prefill: 0 } }],
    [{ headroom: -1 }],
    [{ max: 1 }],
  ])('refuses the parameters %j', (parameters) => {
    expect(concurrencyDetector.parameters.safeParse(parameters).success).toBe(false);
  });

  it('has the producer made first that it is told of', () => {
    const { references } = concurrencyDetector;
    expect(references?.({ inFlightLoadProducerName: 'load' } as never)).toEqual(['load']);
    expect(references?.({} as never)).toEqual([]);
  });
});
