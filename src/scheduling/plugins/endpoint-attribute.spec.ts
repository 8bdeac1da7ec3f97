import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  keptBy,
  pluginOf,
  scoresOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Filter, Scorer } from '../plugin.js';
import { endpointAttributeFilter } from './endpoint-attribute-filter.js';
import { endpointAttributeScorer } from './endpoint-attribute-scorer.js';

/** @param values of the attribute `depth`; undefined where it is not told */
function having(...values: (number | undefined)[]) {
  return servers(
    values.map((value) => ({
      state: { custom: new Map<string, number>(value === undefined ? [] : [['depth', value]]) },
    })),
  );
}

function threshold(operator: string, value: number, more: object = {}) {
  return {
    attribute: 'depth',
    algorithm: { type: 'threshold', threshold: { operator, value } },
    ...more,
  };
}

describe('endpoint-attribute-filter', () => {
  it.each([
    ['LessThan', [0, 3]],
    ['LessThanOrEqual', [0, 1, 3]],
    ['GreaterThan', [2, 3]],
    ['GreaterThanOrEqual', [1, 2, 3]],
    ['Equal', [1, 3]],
    ['NotEqual', [0, 2, 3]],
  ])('keeps those that are %s the threshold, and those that do not say', (operator, kept) => {
    const sut = pluginOf<Filter>(endpointAttributeFilter, threshold(operator, 10));
    expect(keptBy(sut, having(9, 10, 11, undefined))).toEqual(kept);
  });

  it('leaves out those that do not say, where it is told to', () => {
    const sut = pluginOf<Filter>(
      endpointAttributeFilter,
      threshold('LessThan', 10, { onMissing: 'Fail' }),
    );
    expect(keptBy(sut, having(9, undefined, 11))).toEqual([0]);
  });

  it('keeps none where none is left, or all where it is told to', () => {
    const all = having(20, 30);
    const strict = pluginOf<Filter>(endpointAttributeFilter, threshold('LessThan', 10));
    const mild = pluginOf<Filter>(
      endpointAttributeFilter,
      threshold('LessThan', 10, { fallbackOnEmpty: true }),
    );
    expect(keptBy(strict, all)).toEqual([]);
    expect(mild.filter(inferenceRequest(), all)).toBe(all);
  });

  it.each([
    [{}],
    [{ attribute: 'depth' }],
    [threshold('Less', 1)],
    [threshold('LessThan', 1, { onMissing: 'pass' })],
    [threshold('LessThan', 1, { attribute: 'a/b' })],
    [{ attribute: 'depth', algorithm: { type: 'topK' } }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(endpointAttributeFilter, parameters)).toThrow();
  });

  it('refers to the producer that it is told', () => {
    const of = (more: object) =>
      endpointAttributeFilter.parameters.parse(threshold('Equal', 1, more));
    expect(endpointAttributeFilter.references?.(of({}))).toEqual([]);
    expect(endpointAttributeFilter.references?.(of({ attribute: 'a/b', producer: '' }))).toEqual(
      [],
    );
    expect(endpointAttributeFilter.references?.(of({ producer: 'mine' }))).toEqual(['mine']);
  });
});

describe('endpoint-attribute-scorer', () => {
  const linear = (type: string, normalization?: object) => ({
    attributeKey: 'depth',
    algorithm: { type: `linear_${type}_is_better`, ...(normalization && { normalization }) },
  });
  const fixed = { fixedRange: { min: 10, max: 20 } };

  it.each([
    [linear('lower'), [1, 0.5, 0, 0]],
    [linear('higher'), [0, 0.5, 1, 0]],
    [linear('lower', { adaptiveRange: {} }), [1, 0.5, 0, 0]],
    [linear('lower', fixed), [1, 1, 0.5, 0]],
    [linear('higher', fixed), [0, 0, 0.5, 0]],
  ])('with %j scores 5, 10, 15 and nothing with %j', (parameters, scores) => {
    expect(
      scoresOf(pluginOf(endpointAttributeScorer, parameters), having(5, 10, 15, undefined)),
    ).toEqual(scores);
  });

  it.each([
    ['gives those that say the same all 1', [7, 7, undefined], [1, 1, 0]],
    ['gives nothing where nobody says it', [undefined, undefined], [0, 0]],
    ['never says NaN', [NaN, 1, 3], [0, 1, 0]],
    ['is not spread by what has no end', [Infinity, 1, 3], [0, 1, 0]],
  ])('%s', (_does, values, scores) => {
    const sut = pluginOf<Scorer>(endpointAttributeScorer, linear('lower'));
    expect(scoresOf(sut, having(...values))).toEqual(scores);
  });

  it.each([
    [{}],
    [{ attributeKey: 'depth' }],
    [linear('lowest')],
    [linear('lower', { fixedRange: { min: 1, max: 1 } })],
    [linear('lower', { fixedRange: { min: 1, max: 2 }, adaptiveRange: {} })],
    [{ ...linear('lower'), attributeKey: 'a/b' }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(endpointAttributeScorer, parameters)).toThrow();
  });
});
