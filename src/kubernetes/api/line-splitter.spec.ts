import { describe, expect, it } from '@jest/globals';
import { LineSplitter } from './line-splitter.js';

describe(LineSplitter.name, () => {
  it('gives whole lines, wherever the bytes are cut', () => {
    const bytes = Buffer.from('{"a":"ü"}\n\n{"b":1}\r\n{"c"');
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let i = 0; i < bytes.length; i += size)
        lines.push(...splitter.push(bytes.subarray(i, i + size)));
      expect(lines).toEqual(['{"a":"ü"}', '{"b":1}']);
    }
  });

  it('refuses a line without an end', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(8 * 1024 * 1024, 'x');
    expect(() => {
      for (let i = 0; i < 5; i++) splitter.push(chunk);
    }).toThrow('too long');
  });
});
