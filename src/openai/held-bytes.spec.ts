import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from './held-bytes.js';

describe(HeldBytes.name, () => {
  it('puts pieces together', () => {
    const held = new HeldBytes();
    expect(held.bytes).toEqual(Buffer.alloc(0));
    let all = '';
    for (let i = 0; i < 5000; i++) {
      held.append(Buffer.from(`<${i}>`), 1, `<${i}>`.length);
      all += `${i}>`;
    }
    expect(held.length).toBe(all.length);
    expect(held.bytes.toString()).toBe(all);
  });

  it('begins anew', () => {
    const held = new HeldBytes();
    held.append(Buffer.from('before'));
    held.clear();
    expect(held.length).toBe(0);
    held.append(Buffer.from('after'));
    expect(held.bytes.toString()).toBe('after');
  });

  it('takes no memory before it has something to hold', () => {
    expect(new HeldBytes()).toEqual({ size: 0 });
  });
});
