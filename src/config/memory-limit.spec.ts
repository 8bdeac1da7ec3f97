import { describe, expect, it } from '@jest/globals';
import { memoryLimit } from './memory-limit.js';

describe(memoryLimit.name, () => {
  it.each([
    ['the control group’s limit', 512, 1024, 512],
    ['the machine’s memory without a limit', 0, 1024, 1024],
    ['the machine’s memory when the limit is none', 18_446_744_073_709_552_000, 1024, 1024],
  ])('is %s', (_, constrained, total, expected) => {
    expect(memoryLimit(constrained, total)).toBe(expected);
  });
});
