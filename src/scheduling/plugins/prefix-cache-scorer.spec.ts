import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  matchOf,
  pluginOf,
  scoresOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Scorer } from '../plugin.js';
import { leavePrefixMatch } from '../prefix-match.js';
import {
  precisePrefixCacheScorer,
  type PrecisePrefixCacheScorer,
} from './precise-prefix-cache-scorer.js';
import { prefixCacheScorer } from './prefix-cache-scorer.js';

const all = servers([{}, {}, {}]);
const WHOLE = { totalBlocks: 8, blockSize: 64 };
const APPROXIMATE = 'approx-prefix-cache-producer';

/** @param producer name of the one that left the match */
function requestOf(blocks: number[], whole = WHOLE, producer = APPROXIMATE) {
  const request = inferenceRequest();
  request.attributes.set(producer, matchOf(all, blocks, whole));
  return request;
}

describe('prefix-cache-scorer', () => {
  it('scores the part of the prompt that the cache holds', () => {
    const sut = pluginOf<Scorer>(prefixCacheScorer);
    expect(scoresOf(sut, all, requestOf([0, 2, 8]))).toEqual([0, 0.25, 1]);
  });

  it.each([
    [{ matchLengthWeight: 1, matchLengthScaleTokens: 512 }, [0, 2, 8], [0, 0.0625, 1]],
    [{ matchLengthWeight: 1, matchLengthScaleTokens: 256 }, [0, 2, 8], [0, 0.25, 1]],
    [{ matchLengthWeight: 0.5, matchLengthScaleTokens: 512 }, [0, 2, 4], [0, 0.15625, 0.375]],
    [{ matchLengthWeight: 1 }, [0, 0, 8], [0, 0, 0.00390625]],
  ])('with %j mixes part and length of %j blocks to %j', (parameters, blocks, scores) => {
    const sut = pluginOf<Scorer>(prefixCacheScorer, parameters);
    expect(scoresOf(sut, all, requestOf(blocks))).toEqual(scores);
  });

  it('gives all 0 where nothing was found out', () => {
    expect(scoresOf(pluginOf<Scorer>(prefixCacheScorer), all)).toEqual([0, 0, 0]);
  });

  it('gives all 0 where the prompt has no block', () => {
    const request = requestOf([1, 1, 1], { totalBlocks: 0, blockSize: 64 });
    expect(scoresOf(pluginOf<Scorer>(prefixCacheScorer), all, request)).toEqual([0, 0, 0]);
  });

  it('never says more than 1, nor NaN', () => {
    const sut = pluginOf<Scorer>(prefixCacheScorer, { matchLengthWeight: 0.3 });
    expect(scoresOf(sut, all, requestOf([99, NaN, 8], { totalBlocks: 8, blockSize: 9e9 }))).toEqual(
      [1, 0, 1],
    );
  });

  it('looks at the producer that it is told', () => {
    const sut = pluginOf<Scorer>(prefixCacheScorer, { prefixMatchInfoProducerName: 'mine' });
    expect(scoresOf(sut, all, requestOf([0, 2, 8]))).toEqual([0, 0, 0]);
    expect(scoresOf(sut, all, requestOf([0, 2, 8], WHOLE, 'mine'))).toEqual([0, 0.25, 1]);
  });

  it('finds a producer that has another name where it is told none', () => {
    const request = inferenceRequest();
    const sut = pluginOf<Scorer>(prefixCacheScorer);
    const first = matchOf(all, [8, 0, 0], WHOLE);
    leavePrefixMatch(request, 'mine', APPROXIMATE, first);
    leavePrefixMatch(request, 'other', APPROXIMATE, matchOf(all, [0, 8, 0], WHOLE));
    expect(scoresOf(sut, all, request)).toEqual([1, 0, 0]);
  });

  it('has the producer made that it is told by default, and refers to another one', () => {
    const of = (parameters: object) => prefixCacheScorer.parameters.parse(parameters);
    const named = of({ prefixMatchInfoProducerName: 'mine' });
    expect(prefixCacheScorer.needs?.(of({}))).toEqual([APPROXIMATE]);
    expect(prefixCacheScorer.references?.(of({}))).toEqual([]);
    expect(prefixCacheScorer.needs?.(named)).toEqual([]);
    expect(prefixCacheScorer.references?.(named)).toEqual(['mine']);
  });

  it.each([
    { matchLengthWeight: 1.1 },
    { matchLengthWeight: -0.1 },
    { matchLengthScaleTokens: 0 },
    { matchLengthScaleTokens: 1.5 },
    { hashBlockSize: 64 },
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(prefixCacheScorer, parameters)).toThrow();
  });
});

describe('precise-prefix-cache-scorer', () => {
  const PRECISE = 'precise-prefix-cache-producer';

  it('scores what the producer before it found', () => {
    const tools = new FakePluginTools();
    tools.plugins.set(PRECISE, {});
    const sut = pluginOf<Scorer>(precisePrefixCacheScorer, {}, tools);
    expect(scoresOf(sut, all, requestOf([0, 2, 8], WHOLE, PRECISE))).toEqual([0, 0.25, 1]);
    expect(scoresOf(sut, all, requestOf([0, 2, 8]))).toEqual([0, 0, 0]);
  });

  it('brings a producer along where there is none, and takes its parameters', () => {
    const parameters = { tokenProcessorConfig: { blockSize: 64 } };
    const sut = pluginOf<PrecisePrefixCacheScorer>(precisePrefixCacheScorer, parameters);
    expect(sut.produce(inferenceRequest(), all)).toBeUndefined();
    expect(scoresOf(sut, all, requestOf([0, 2, 8], WHOLE, 'sut'))).toEqual([0, 0.25, 1]);
    sut.close();
  });
});
