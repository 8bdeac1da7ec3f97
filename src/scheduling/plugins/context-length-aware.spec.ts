import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  keptBy,
  pluginOf,
  scoresOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import { contextLengthAware, type ContextLengthAware } from './context-length-aware.js';

const LABEL = 'llm-d.ai/context-length-range';

function ranged(...ranges: (string | undefined)[]) {
  return servers(
    ranges.map((range) => (range === undefined ? {} : { labels: { [LABEL]: range } })),
  );
}

function requestOf(tokens: number) {
  const request = inferenceRequest();
  request.attributes.set('token-producer', { count: tokens });
  return request;
}

const inRange = (width: number, headroom: number) =>
  0.3 + 0.7 * (0.7 / (1 + width / 10_000) + (0.3 * headroom) / width);

describe('context-length-aware', () => {
  it.each([
    [0, '0-2048', inRange(2048, 2048)],
    [1024, '0-2048', inRange(2048, 1024)],
    [2048, '0-2048', inRange(2048, 0)],
    [5000, '2048-8192', inRange(6144, 3192)],
    [100, '0-1000000', inRange(1_000_000, 999_900)],
    [512, '512-512', 1],
    [2049, '0-2048', 0.3 / 1.001],
    [9000, '0-8192', 0.3 / 1.808],
    [1000, '2000-8192', 0.3 / 2],
    [1e12, '0-1', 0.3 / (1 + (1e12 - 1) / 1000)],
    [100, undefined, 0.5],
    [100, '', 0],
    [100, '2048', 0],
    [100, '2048-0', 0],
    [100, 'a-b', 0],
    [100, '-5-10', 0],
    [100, '0-2048-1', 0],
    [100, ' 0 - 2048 ', inRange(2048, 1948)],
  ])('scores %d tokens at %j', (tokens, range, score) => {
    const [got] = scoresOf(
      pluginOf<ContextLengthAware>(contextLengthAware),
      ranged(range),
      requestOf(tokens),
    );
    expect(got).toBeCloseTo(score, 12);
  });

  it('puts whoever is in range before whoever is not', () => {
    const all = ranged('0-10000000', '0-99');
    const [wide, narrow] = scoresOf(
      pluginOf<ContextLengthAware>(contextLengthAware),
      all,
      requestOf(100),
    );
    expect(wide).toBeGreaterThan(narrow!);
  });

  it('estimates a prompt that nobody counted by its bytes', () => {
    const sut = pluginOf<ContextLengthAware>(contextLengthAware);
    const [got] = scoresOf(sut, ranged('100-100'), inferenceRequest({ text: 'x'.repeat(399) }));
    expect(got).toBe(1);
  });

  it('leaves nobody out unless it is told to', () => {
    const all = ranged('0-10', undefined, 'x');
    expect(pluginOf<ContextLengthAware>(contextLengthAware).filter(requestOf(100), all)).toBe(all);
  });

  it('leaves out those whose range does not hold the prompt, or cannot be read', () => {
    const sut = pluginOf<ContextLengthAware>(contextLengthAware, { enableFiltering: true });
    expect(keptBy(sut, ranged('0-10', undefined, 'x', '100-200', '0-100'), requestOf(100))).toEqual(
      [1, 3, 4],
    );
  });

  it('reads the label that it is told', () => {
    const sut = pluginOf<ContextLengthAware>(contextLengthAware, { label: 'ctx' });
    expect(scoresOf(sut, servers([{ labels: { ctx: '7-7' } }, {}]), requestOf(7))).toEqual([
      1, 0.5,
    ]);
  });

  it('stays right with more values than it remembers', () => {
    const sut = pluginOf<ContextLengthAware>(contextLengthAware);
    const all = ranged(...Array.from({ length: 3000 }, (_, i) => `${i}-${i}`));
    const scores = scoresOf(sut, all, requestOf(2999));
    expect(scores[2999]).toBe(1);
    expect(scores[0]).toBeCloseTo(0.3 / 3.999, 12);
  });
});
