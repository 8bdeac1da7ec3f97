import { describe, expect, it } from '@jest/globals';
import { readEngines } from './engine-list.js';

describe(readEngines.name, () => {
  it('reads ranks and ids, and nothing else', () => {
    const text =
      '{"0":{"engine_id":"a_dp0","worker_addr":{"0":{"0":"tcp://10.1.1.1:4711"}}},"11":{"engine_id":"a_dp11"}}';
    expect(readEngines(text)).toEqual([
      { rank: '0', id: 'a_dp0' },
      { rank: '11', id: 'a_dp11' },
    ]);
  });

  it.each([
    ['no engine', '{}'],
    ['no object', '[{"engine_id":"a"}]'],
    ['null', 'null'],
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['a rank that is none', '{"zero":{"engine_id":"a"}}'],
    ['a rank with a line break', '{"0\\r\\nx: y":{"engine_id":"a"}}'],
    ['a negative rank', '{"-1":{"engine_id":"a"}}'],
    ['a rank with leading zeros', '{"00":{"engine_id":"a"}}'],
    ['an engine without an id', '{"0":{"worker_addr":{}}}'],
    ['an id that is empty', '{"0":{"engine_id":""}}'],
    ['an id that is a number', '{"0":{"engine_id":7}}'],
    ['an id without end', `{"0":{"engine_id":"${'a'.repeat(2000)}"}}`],
    ['an engine that is null', '{"0":null}'],
    ['one engine of two that is a list', '{"0":{"engine_id":"a"},"1":["b"]}'],
  ])('refuses %s', (_, text) => {
    expect(() => readEngines(text)).toThrow();
  });
});
