import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  keptBy,
  matchOf,
  pluginOf,
  servers,
  type GivenServer,
} from '../../../test/support/scheduling-harness.js';
import type { Filter } from '../plugin.js';
import { prefixCacheAffinityFilter } from './prefix-cache-affinity-filter.js';

/** Of ten blocks those that each holds, and what is in flight there. */
function given(blocks: number[], tokens: number[] = []) {
  const all = servers(blocks.map((_, i): GivenServer => ({ inFlightTokens: tokens[i] ?? 0 })));
  const request = inferenceRequest();
  const match = matchOf(all, blocks, { totalBlocks: 10, blockSize: 64 });
  request.attributes.set('approx-prefix-cache-producer', match);
  return { all, request };
}

function kept(blocks: number[], tokens: number[] = [], parameters: object = {}): number[] {
  const { all, request } = given(blocks, tokens);
  return keptBy(pluginOf<Filter>(prefixCacheAffinityFilter, parameters), all, request);
}

describe('prefix-cache-affinity-filter', () => {
  it.each([
    [
      [8, 7, 10],
      [0, 2],
    ],
    [
      [7, 7, 0],
      [0, 1, 2],
    ],
    [
      [0, 0, 0],
      [0, 1, 2],
    ],
    [
      [9, 9, 9],
      [0, 1, 2],
    ],
    [[3], [0]],
  ])('of those that hold %j of ten blocks keeps %j', (blocks, places) => {
    expect(kept(blocks)).toEqual(places);
  });

  it('keeps all where nothing is known of the prompt', () => {
    const { all } = given([10, 0]);
    const sut = pluginOf<Filter>(prefixCacheAffinityFilter);
    expect(sut.filter(inferenceRequest(), all)).toBe(all);
  });

  it('heeds its threshold; 0 turns it off', () => {
    expect(kept([3, 2, 0], [], { affinityThreshold: 0.3 })).toEqual([0]);
    expect(kept([3, 2, 0], [], { affinityThreshold: 0 })).toEqual([0, 1, 2]);
    expect(kept([10, 9, 0], [], { affinityThreshold: 1 })).toEqual([0]);
  });

  // 18 s at 15,928 tokens a second are 286,704 tokens.
  it.each([
    [[286_704, 0], [0]],
    [
      [286_705, 0],
      [0, 1],
    ],
    [[300_000, 20_000], [0]],
    [[0, 900_000], [0]],
  ])('with %j tokens in flight keeps %j', (tokens, places) => {
    expect(kept([10, 0], tokens)).toEqual(places);
  });

  it('looks at the best of those that hold the prompt, and the best of the others', () => {
    expect(kept([10, 10, 0, 0], [900_000, 100, 0, 900_000])).toEqual([0, 1]);
    expect(kept([10, 10, 0, 0], [900_000, 400_000, 0, 900_000])).toEqual([0, 1, 2, 3]);
  });

  it('reckons with the penalty and the speed that it is told', () => {
    const told = { maxTTFTPenaltyMs: 1000, peakPrefillThroughput: 100 };
    expect(kept([10, 0], [100, 0], told)).toEqual([0]);
    expect(kept([10, 0], [101, 0], told)).toEqual([0, 1]);
    expect(kept([10, 0], [9e9, 0], { maxTTFTPenaltyMs: 0 })).toEqual([0]);
  });

  it('explores as often as it is told', () => {
    const { all, request } = given([10, 0]);
    const tools = new FakePluginTools();
    const sut = pluginOf<Filter>(
      prefixCacheAffinityFilter,
      { explorationProbability: 0.25 },
      tools,
    );
    tools.random = () => 0.249;
    expect(sut.filter(request, all)).toBe(all);
    tools.random = () => 0.25;
    expect(keptBy(sut, all, request)).toEqual([0]);
  });

  it.each([
    [{ affinityThreshold: 1.1 }],
    [{ explorationProbability: 2 }],
    [{ explorationProbability: -1 }],
    [{ maxTTFTPenaltyMs: -1 }],
    [{ peakPrefillThroughput: 0 }],
    [{ ttftSource: 'latencyPredictor' }],
    [{ threshold: 0.8 }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(prefixCacheAffinityFilter, parameters)).toThrow();
  });

  it('needs no speed where there is no penalty', () => {
    expect(kept([10, 0], [9e9, 0], { maxTTFTPenaltyMs: 0, peakPrefillThroughput: 0 })).toEqual([0]);
  });
});
