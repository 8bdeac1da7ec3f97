import { describe, expect, it } from '@jest/globals';
import { resyncTimings, selectorOf } from './selected-pods.js';

describe(selectorOf, () => {
  it('reads labels as command lines have them', () => {
    const words = ['app=vllm', 'example.com/role==prefill', 'empty=', 'app=vllm'];
    expect(selectorOf(words)).toEqual({ app: 'vllm', 'example.com/role': 'prefill', empty: '' });
  });

  it.each([
    ['app', '"app" is no label: give KEY=VALUE'],
    ['=x', '"=x" is no label: give KEY=VALUE'],
    ['a b=x', '"a b" is no label'],
    ['a=b c', '"b c" is no value of a label'],
    ['a!=b', '"a!" is no label'],
  ])('refuses %s', (word, flaw) => {
    expect(selectorOf([word])).toBe(flaw);
  });

  it('refuses a label with two values', () => {
    expect(selectorOf(['a=b', 'a=c'])).toBe('a is there twice: no pod has both');
  });
});

describe(resyncTimings, () => {
  it('pauses no longer between attempts than between lists, but for a second', () => {
    expect(resyncTimings(30_000).backoffMaxMs).toBe(10_000);
    expect(resyncTimings(5000).backoffMaxMs).toBe(5000);
    expect(resyncTimings(100).backoffMaxMs).toBe(1000);
  });

  it('takes a watch for well that lasts half of what it may', () => {
    expect(resyncTimings(30_000).healthyMs).toBe(1000);
    expect(resyncTimings(100).healthyMs).toBe(50);
  });
});
