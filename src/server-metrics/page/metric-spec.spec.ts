import { describe, expect, it } from '@jest/globals';
import { parseMetricSpec } from './metric-spec.js';

describe(parseMetricSpec.name, () => {
  it.each([
    ['vllm:num_requests_waiting', 'vllm:num_requests_waiting', []],
    [' name ', 'name', []],
    ['name{}', 'name', []],
    ['name{a=b}', 'name', [['a', 'b']]],
    [
      'name{ a = b , c = "d,e" }',
      'name',
      [
        ['a', 'b'],
        ['c', 'd,e'],
      ],
    ],
    ['name{a=}', 'name', [['a', '']]],
    ['name{a=x/y.z:1}', 'name', [['a', 'x/y.z:1']]],
  ])('reads %j', (text, name, labels) => {
    expect(parseMetricSpec(text)).toEqual({ name, labels });
  });

  it.each([
    '',
    '{a=b}',
    '1name',
    'na me',
    'name{a}',
    'name{a=b',
    'name{a=b}}',
    'name{=b}',
    'name{a=b,}',
    'name{a="b}',
    'name{a=b c="d"}',
  ])('refuses %j', (text) => {
    expect(parseMetricSpec(text)).toBeUndefined();
  });
});
