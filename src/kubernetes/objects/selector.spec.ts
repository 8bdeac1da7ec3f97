import { describe, expect, it } from '@jest/globals';
import { parseSelector, selectorText } from './selector.js';

describe(parseSelector.name, () => {
  it.each([
    [{ matchLabels: { app: 'vllm' } }, 'app=vllm'],
    [{ matchLabels: { app: 'vllm' }, matchExpressions: [] }, 'app=vllm'],
    [{ app: 'vllm' }, 'app=vllm'],
    [{ 'llm-d.ai/role': 'prefill', app: 'v_1.x-Y' }, 'app=v_1.x-Y,llm-d.ai/role=prefill'],
    [{ app: '' }, 'app='],
  ])('reads %j', (selector, text) => {
    const parsed = parseSelector(selector);
    expect(typeof parsed === 'string' ? parsed : selectorText(parsed)).toBe(text);
  });

  it.each([
    undefined,
    null,
    'app=vllm',
    [],
    {},
    { matchLabels: {} },
    { matchLabels: null },
    { matchLabels: 'app' },
    { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    { matchLabels: { app: 'vllm' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] },
    { matchLabels: { app: 'vllm' }, app: 'other' },
    { matchLabels: { app: 1 } },
    { app: ['vllm'] },
    { app: 'a,b=c' },
    { app: 'a)' },
    { 'app,x': 'y' },
    { '!app': '' },
    { 'a/b/c': 'd' },
    { '': 'd' },
    { app: `${'x'.repeat(64)}` },
  ])('selects nothing by %j', (selector) => {
    expect(typeof parseSelector(selector)).toBe('string');
  });
});
