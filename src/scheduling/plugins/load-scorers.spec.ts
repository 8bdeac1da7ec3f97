import { describe, expect, it } from '@jest/globals';
import { pluginOf, scoresOf, servers } from '../../../test/support/scheduling-harness.js';
import type { Scorer } from '../plugin.js';
import { activeRequestScorer } from './active-request-scorer.js';
import { kvCacheUtilizationScorer } from './kv-cache-utilization-scorer.js';
import { loadAwareScorer } from './load-aware-scorer.js';
import { tokenLoadScorer } from './token-load-scorer.js';

describe('kv-cache-utilization-scorer', () => {
  it.each([
    [0, 1],
    [0.25, 0.75],
    [1, 0],
    [1.2, 0],
    [-0.1, 1],
    [NaN, 0],
  ])('scores a usage of %d with %d', (kvUsage, score) => {
    const sut = pluginOf<Scorer>(kvCacheUtilizationScorer);
    expect(scoresOf(sut, servers([{ state: { kvUsage } }]))).toEqual([score]);
  });

  it('takes a server that was never asked for an empty one', () => {
    expect(scoresOf(pluginOf<Scorer>(kvCacheUtilizationScorer), servers([{}]))).toEqual([1]);
  });
});

describe('load-aware-scorer', () => {
  it.each([
    [{}, 0, 0.5],
    [{}, 1, 0.5 * (1 - 1 / 128)],
    [{}, 64, 0.25],
    [{}, 127, 0.5 * (1 - 127 / 128)],
    [{}, 128, 0],
    [{}, 1000, 0],
    [{}, NaN, 0],
    [{ threshold: 10 }, 5, 0.25],
    [{ threshold: 1 }, 1, 0],
    [{ threshold: 0 }, 64, 0.25],
    [{ threshold: -5 }, 64, 0.25],
  ])('with %j scores a queue of %d with %d', (parameters, waiting, score) => {
    const sut = pluginOf<Scorer>(loadAwareScorer, parameters);
    expect(scoresOf(sut, servers([{ state: { waiting } }]))).toEqual([score]);
  });
});

describe('active-request-scorer', () => {
  it.each([
    [{}, [0, 0, 0], [1, 1, 1]],
    [{}, [0, 1, 4], [1, 0.75, 0]],
    [{}, [4, 4], [0, 0]],
    [{}, [2], [0]],
    [{ idleThreshold: 2 }, [0, 2, 3, 4], [1, 1, 0.25, 0]],
    [{ idleThreshold: 2 }, [1, 2], [1, 1]],
    [{ maxBusyScore: 0.5 }, [0, 1, 4], [1, 0.375, 0]],
    [{ maxBusyScore: 0 }, [0, 1, 4], [1, 0, 0]],
    [{ maxBusyScore: 7 }, [1, 4], [0.75, 0]],
    [{ idleThreshold: -3 }, [0, 1], [1, 0]],
    [{ requestTimeout: '30s', inFlightLoadProducerName: 'mine' }, [0, 1], [1, 0]],
  ])('with %j scores %j in flight with %j', (parameters, inFlight, scores) => {
    const sut = pluginOf<Scorer>(activeRequestScorer, parameters);
    expect(scoresOf(sut, servers(inFlight.map((n) => ({ inFlight: n }))))).toEqual(scores);
  });
});

describe('token-load-scorer', () => {
  it.each([
    [{}, 0, 1],
    [{}, 2_097_152, 0.5],
    [{}, 4_194_304, 0],
    [{}, 5_000_000, 0],
    [{}, NaN, 0],
    [{ queueThresholdTokens: 1000 }, 250, 0.75],
    [{ queueThresholdTokens: 0 }, 2_097_152, 0.5],
  ])('with %j scores %d tokens with %d', (parameters, inFlightTokens, score) => {
    const sut = pluginOf<Scorer>(tokenLoadScorer, parameters);
    expect(scoresOf(sut, servers([{ inFlightTokens }]))).toEqual([score]);
  });
});
