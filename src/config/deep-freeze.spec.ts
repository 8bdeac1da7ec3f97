import { describe, expect, it } from '@jest/globals';
import { deepFreeze } from './deep-freeze.js';

describe(deepFreeze.name, () => {
  it('freezes members of members and hands the value back', () => {
    const value = { list: [{ a: 1 }], none: null };
    expect(deepFreeze(value)).toBe(value);
    expect(Object.isFrozen(value.list[0])).toBe(true);
    expect(() => value.list.push({ a: 2 })).toThrow(TypeError);
  });
});
