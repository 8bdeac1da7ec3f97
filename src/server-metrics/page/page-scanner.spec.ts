import { describe, expect, it } from '@jest/globals';
import { PageScanner } from './page-scanner.js';
import type { SampleLabels } from './sample-labels.js';

/** Value, timestamp, labels. */
type Sample = readonly [number, number, SampleLabels];

function scan(text: string, step = Infinity): { samples: Sample[]; malformed: number } {
  const samples: Sample[] = [];
  const taker = { readsLabels: true, take: (...sample: Sample) => void samples.push(sample) };
  const scanner = new PageScanner(new Map([['wanted', [taker]]]));
  scanner.begin();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += step)
    scanner.feed(bytes, at, Math.min(at + step, bytes.length));
  scanner.end();
  return { samples, malformed: scanner.malformed };
}

const values = (text: string): number[] => scan(text).samples.map(([value]) => value);

describe(PageScanner.name, () => {
  it.each([
    ['wanted 1', 1],
    ['wanted 1\n', 1],
    ['wanted 1\r\n', 1],
    ['  wanted\t 1 ', 1],
    ['wanted{} 1', 1],
    ['wanted {a="b"} 1', 1],
    ['wanted{a="b",}1', 1],
    ['wanted +1.5', 1.5],
    ['wanted -.5', -0.5],
    ['wanted 5.', 5],
    ['wanted 1.5e+03', 1500],
    ['wanted 2E-1', 0.2],
    ['wanted NaN', NaN],
    ['wanted nan', NaN],
    ['wanted +Inf', Infinity],
    ['wanted -inf', -Infinity],
    ['wanted Inf', Infinity],
    ['wanted 3 # {trace_id="ab"} 0.5 1.2', 3],
    ['wanted{a="b"} 3 1.5 # {trace_id="a b"} 0.5', 3],
    ['wanted 1234567890123456789', 1234567890123456800],
  ])('reads %j', (text, expected) => {
    expect(values(text)).toEqual([expected]);
  });

  it.each([
    'wanted',
    'wanted ',
    'wanted{} ',
    'wanted one',
    'wanted 1x',
    'wanted 0x10',
    'wanted 1_000',
    'wanted 1,5',
    'wanted 1 later',
    'wanted 1 2 3',
    'wanted --1',
    'wanted{a="b" 1',
    'wanted{a="b} 1',
    'wanted{a=b} 1',
    'wanted{a} 1',
    'wanted{"a"="b"} 1',
    'wanted{a="b"} {c="d"} 1',
  ])('passes over %j', (text) => {
    expect(scan(`${text}\nwanted 7\n`).samples.map(([value]) => value)).toEqual([7]);
  });

  it.each([
    'wanted_total 1',
    'wanted:more 1',
    'unwanted 1',
    'xwanted 1',
    '# HELP wanted is {what} we want 1',
    '# TYPE wanted gauge',
    '#wanted 1',
    'wante 1',
    'other{a="wanted 1"} 2',
    'other{a="\\nwanted 1"} 2',
    '"wanted" 1',
  ])('sees no sample in %j', (text) => {
    expect(scan(text)).toEqual({ samples: [], malformed: 0 });
  });

  it('counts lines that it wants and cannot read', () => {
    expect(scan('wanted x\nother x\nwanted{ 1\nwanted 2\n').malformed).toBe(2);
  });

  it.each([1, 2, 5, 64])('reads labels with all that may stand in them, by %i bytes', (step) => {
    const text =
      'wanted{a="x{y}z",b="say \\"hi\\", ok",c="a\\\\",d="line\\nend",e="ä, ✓ # no comment",f=""} 4 1700\n';
    const labels = [
      ['a', 'x{y}z'],
      ['b', 'say "hi", ok'],
      ['c', 'a\\'],
      ['d', 'line\nend'],
      ['e', 'ä, ✓ # no comment'],
      ['f', ''],
    ];
    expect(scan(text, step).samples).toEqual([[4, 1700, labels]]);
  });

  it('drops a line that has no end, and goes on behind it', () => {
    const endless = `wanted{a="${'x'.repeat(2 ** 20)}"} 1`;
    expect(scan(`wanted 1\n${endless}\nwanted 2\n`, 1000).samples.map(([one]) => one)).toEqual([
      1, 2,
    ]);
    expect(scan(`wanted 1\n${endless}`, 1000).samples).toHaveLength(1);
  });
});
