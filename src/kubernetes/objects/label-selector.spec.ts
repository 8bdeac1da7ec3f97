import { describe, expect, it } from '@jest/globals';
import { parseLabelSelector } from './label-selector.js';

function selects(text: string, labels: Record<string, string>): boolean {
  const selector = parseLabelSelector(text);
  if (typeof selector === 'string') throw new Error(selector);
  return selector.selects(labels);
}

describe(parseLabelSelector.name, () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['app=vllm', { app: 'vllm', x: 'y' }, true],
    ['app=vllm', { app: 'other' }, false],
    ['app=vllm', {}, false],
    ['app==vllm', { app: 'vllm' }, true],
    ['app=', { app: '' }, true],
    ['app=vllm,env=prod', { app: 'vllm' }, false],
    [' app = vllm , env = prod ', { app: 'vllm', env: 'prod' }, true],
    ['app!=vllm', { app: 'vllm' }, false],
    ['app!=vllm', { app: 'x' }, true],
    ['app != vllm', {}, true],
    ['env in (prod,staging)', { env: 'staging' }, true],
    ['env in (prod, staging)', { env: 'test' }, false],
    ['env in(prod)', {}, false],
    ['env notin (prod,staging)', { env: 'staging' }, false],
    ['env notin (prod)', {}, true],
    ['env in (prod,staging),tier!=frontend', { env: 'prod', tier: 'back' }, true],
    ['llm-d.ai/role', { 'llm-d.ai/role': '' }, true],
    ['llm-d.ai/role', {}, false],
    ['key,!deprecated', { key: 'a' }, true],
    ['key,!deprecated', { key: 'a', deprecated: 'no' }, false],
    ['rank>3', { rank: '4' }, true],
    ['rank > 3', { rank: '3' }, false],
    ['rank<3', { rank: '-1' }, true],
    ['rank<3', { rank: 'a' }, false],
    ['rank<3', {}, false],
  ])('%j of %j: %j', (text, labels, is) => {
    expect(selects(text, labels)).toBe(is);
  });

  it('writes what a server understands', () => {
    expect(
      parseLabelSelector(' a == b,c in (z, y ,z),!d,e,f != g, h > 1,i notin (j)'),
    ).toMatchObject({
      text: 'a=b,c in (y,z),!d,e,f!=g,h>1,i notin (j)',
    });
  });

  it.each([
    ['', 'is no label selector'],
    [',', 'is no label selector'],
    ['a=b,', 'is no label selector'],
    ['a=b,,c=d', 'is no label selector'],
    ['a in (b', 'is no label selector'],
    ['a b', '"a b" is no requirement: give KEY=VALUE'],
    ['a in ()', 'has no values'],
    ['a=b c', 'is no requirement'],
    ['=b', 'is no requirement'],
    ['-a=b', '"-a" is no label'],
    ['a=b/c', '"b/c" is no value of a label'],
    ['a in (b,c d)', '"c d" is no value of a label'],
    ['!', 'is no requirement'],
    ['a>b', 'is no requirement'],
  ])('refuses %j', (text, flaw) => {
    expect(parseLabelSelector(text)).toEqual(expect.stringContaining(flaw));
  });
});
