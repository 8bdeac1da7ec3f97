import { describe, expect, it } from '@jest/globals';
import {
  inferenceRequest,
  keptBy,
  pluginOf,
  servers,
} from '../../../test/support/scheduling-harness.js';
import type { Filter } from '../plugin.js';
import { byLabel } from './by-label.js';
import { decodeFilter } from './decode-filter.js';
import { encodeFilter } from './encode-filter.js';
import { labelSelectorFilter } from './label-selector-filter.js';
import { prefillFilter } from './prefill-filter.js';

const ROLES = [
  'decode',
  'prefill',
  'encode',
  'encode-prefill',
  'prefill-decode',
  'both',
  'encode-prefill-decode',
  'Decode',
  '',
];
const labelled = [
  ...servers(ROLES.map((role) => ({ labels: { 'llm-d.ai/role': role } }))),
  ...servers([{}]),
];
const NO_LABEL = 'no label';

describe.each([
  [decodeFilter, ['decode', 'prefill-decode', 'both', 'encode-prefill-decode', NO_LABEL]],
  [prefillFilter, ['prefill', 'encode-prefill', 'prefill-decode', 'both', 'encode-prefill-decode']],
  [encodeFilter, ['encode', 'encode-prefill', 'encode-prefill-decode']],
])('role filter %#', (definition, roles) => {
  const sut = pluginOf<Filter>(definition);

  it(`keeps ${roles.join(', ')}`, () => {
    expect(keptBy(sut, labelled).map((i) => ROLES[i] ?? NO_LABEL)).toEqual(roles);
  });

  it('gives the same array back where all stay, and none where none does', () => {
    const all = labelled.filter((_, i) => i === 6);
    expect(sut.filter(inferenceRequest(), all)).toBe(all);
    expect(sut.filter(inferenceRequest(), labelled.slice(7, 8))).toEqual([]);
    expect(sut.filter(inferenceRequest(), [])).toEqual([]);
  });

  it('has no parameters', () => {
    expect(() => pluginOf(definition, { role: 'decode' })).toThrow();
  });
});

describe('label-selector-filter', () => {
  const all = servers([
    { labels: { app: 'vllm', gpu: 'h100' } },
    { labels: { app: 'vllm', gpu: 'a100' } },
    { labels: { app: 'sglang' } },
    {},
  ]);
  const expression = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: 'gpu', operator, ...(values.length > 0 && { values }) }],
  });

  it.each([
    [{}, [0, 1, 2, 3]],
    [{ matchLabels: { app: 'vllm' } }, [0, 1]],
    [{ matchLabels: { app: 'vllm', gpu: 'a100' } }, [1]],
    [{ matchLabels: { app: 'other' } }, []],
    [expression('In', 'h100', 'h200'), [0]],
    [expression('NotIn', 'h100'), [1, 2, 3]],
    [expression('Exists'), [0, 1]],
    [expression('DoesNotExist'), [2, 3]],
    [{ matchLabels: { app: 'vllm' }, ...expression('NotIn', 'h100') }, [1]],
  ])('keeps by %j', (parameters, kept) => {
    expect(keptBy(pluginOf(labelSelectorFilter, parameters), all)).toEqual(kept);
  });

  it.each([
    [expression('In')],
    [expression('NotIn')],
    [expression('Exists', 'x')],
    [expression('in', 'x')],
    [{ matchExpressions: [{ operator: 'Exists' }] }],
    [{ matchLabels: { app: 1 } }],
    [{ labels: {} }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(labelSelectorFilter, parameters)).toThrow();
  });

  it('goes by its older name, too', () => {
    expect(labelSelectorFilter.aliases).toEqual(['by-label-selector']);
  });
});

describe('by-label', () => {
  const all = servers([
    { labels: { gpu: 'h100' } },
    { labels: { gpu: 'a100' } },
    { labels: { gpu: '' } },
    {},
  ]);

  it.each([
    [{ label: 'gpu', validValues: ['h100', 'b200'] }, [0]],
    [{ label: 'gpu', validValues: ['h100'], allowsNoLabel: true }, [0, 3]],
    [{ label: 'gpu', allowsNoLabel: true }, [3]],
    [{ label: 'cpu', validValues: ['h100'] }, []],
  ])('keeps by %j', (parameters, kept) => {
    expect(keptBy(pluginOf(byLabel, parameters), all)).toEqual(kept);
  });

  it.each([[{}], [{ label: '' }], [{ label: 'gpu' }], [{ label: 'gpu', validValues: [] }]])(
    'refuses %j',
    (parameters) => {
      expect(() => pluginOf(byLabel, parameters)).toThrow();
    },
  );
});
