import { describe, expect, it } from '@jest/globals';
import { findModelField } from './multipart-model.js';

const TYPE = 'multipart/form-data; boundary="x y"';

function form(...parts: readonly (readonly [head: string, value: string])[]): Buffer {
  const written = parts.map(([head, value]) => `--x y\r\n${head}\r\n\r\n${value}\r\n`).join('');
  return Buffer.from(`preamble\r\n${written}--x y--\r\n`);
}

function modelIn(bytes: Buffer, type = TYPE): string | undefined {
  const field = findModelField(bytes, type);
  return field && bytes.toString('utf8', field.start, field.end);
}

describe('findModelField', () => {
  it('finds the model behind a file that looks like one', () => {
    const file = 'Content-Disposition: form-data; name="file"; filename="model"';
    const model = 'content-disposition: form-data; name="model"';
    const bytes = form([file, 'name="model"\r\n\r\nno\r\n--x'], [model, 'whisper']);
    expect(modelIn(bytes)).toBe('whisper');
  });

  it('finds an empty one, and none in a form without', () => {
    const head = 'Content-Disposition: form-data; name=model';
    expect(modelIn(form([head, '']))).toBe('');
    expect(modelIn(form(['Content-Disposition: form-data; name="models"', 'x']))).toBeUndefined();
  });

  it('finds none in what is cut off, or no form', () => {
    const bytes = form(['Content-Disposition: form-data; name="model"', 'm']);
    expect(modelIn(bytes.subarray(0, bytes.length - 12))).toBeUndefined();
    expect(modelIn(bytes, 'application/json')).toBeUndefined();
    expect(modelIn(Buffer.from(''), TYPE)).toBeUndefined();
  });
});
