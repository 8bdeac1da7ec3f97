import { describe, expect, it } from '@jest/globals';
import { contentTypeOf } from './content-type.js';
import { parseResponseHead } from './wire/response-head.js';

describe(contentTypeOf.name, () => {
  const of = (status: number, ...fields: string[]): string | undefined =>
    contentTypeOf(parseResponseHead([`HTTP/1.1 ${status} x`, ...fields].join('\r\n'), false));

  it('is that of a success', () => {
    expect(of(200, 'X: y', 'content-TYPE: text/event-stream;a=b')).toBe('text/event-stream;a=b');
    expect(of(299, 'Content-Type: a/b', 'Content-Encoding: identity')).toBe('a/b');
  });

  it('is none without the field, for a failure and for coded content', () => {
    expect(of(200)).toBeUndefined();
    expect(of(302, 'Content-Type: a/b')).toBeUndefined();
    expect(of(500, 'Content-Type: a/b')).toBeUndefined();
    expect(of(200, 'Content-Encoding: gzip', 'Content-Type: a/b')).toBeUndefined();
    expect(of(200, 'Content-Type: a/b', 'content-encoding: br')).toBeUndefined();
  });
});
