import { describe, expect, it } from '@jest/globals';
import { ChunkedDecoder } from './chunked-decoder.js';
import { ResponseSyntaxError } from './response-head.js';

interface Result {
  readonly payload: string;
  readonly done: boolean;
  readonly trailers: string;
  /** Bytes that the decoder took. */
  readonly taken: number;
}

/** Feeds the pieces one after another, as they would come from a socket. */
function decode(pieces: readonly string[]): Result {
  const decoder = new ChunkedDecoder();
  let payload = '';
  let taken = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    const spans: number[] = [];
    taken += decoder.execute(bytes, 0, bytes.length, spans);
    for (let i = 0; i < spans.length; i += 2) {
      payload += bytes.toString('latin1', spans[i], spans[i + 1]);
    }
  }
  return { payload, done: decoder.done, trailers: decoder.trailers, taken };
}

const VALID: [string, string, string, string][] = [
  ['an empty body', '0\r\n\r\n', '', ''],
  ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['chunks', '5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n', 'hello world', ''],
  [
    'sizes in both cases',
    'a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n',
    '01234567890123456789',
    '',
  ],
  ['leading zeros', '0005\r\nhello\r\n000\r\n\r\n', 'hello', ''],
  ['framing inside the payload', '9\r\n0\r\n\r\n5\r\nx\r\n0\r\n\r\n', '0\r\n\r\n5\r\nx', ''],
  ['an extension', '5;a=b\r\nhello\r\n0;last\r\n\r\n', 'hello', ''],
  ['extensions with blanks', '5 ; a = b ;c\r\nhello\r\n0\r\n\r\n'.replace('5 ', '5'), 'hello', ''],
  ['a quoted extension', '5;a="b;\\"c d";e\r\nhello\r\n0\r\n\r\n', 'hello', ''],
  ['trailers that frame nothing', '0\r\nContent-Length: 9\r\nX-A: 1\r\n\r\n', '', 'X-A: 1\r\n'],
  ['trailers', '0\r\nX-A: 1\r\nx-b:\xe9\r\n\r\n', '', 'X-A: 1\r\nx-b:\xe9\r\n'],
];

describe(ChunkedDecoder.name, () => {
  it.each(VALID)('reads %s', (_what, text, payload, trailers) => {
    expect(decode([text])).toEqual({ payload, done: true, trailers, taken: text.length });
  });

  it.each(VALID)(
    'reads %s wherever it is cut, and byte by byte',
    (_what, text, payload, trailers) => {
      const expected = { payload, done: true, trailers, taken: text.length };
      for (let cut = 1; cut < text.length; cut++) {
        expect(decode([text.slice(0, cut), text.slice(cut)])).toEqual(expected);
      }
      expect(decode([...text])).toEqual(expected);
    },
  );

  it.each(VALID)('is not done before the last byte of %s', (_what, text) => {
    for (let cut = 0; cut < text.length; cut++) {
      expect(decode([text.slice(0, cut)]).done).toBe(false);
    }
  });

  it('leaves what follows the body', () => {
    expect(decode(['0\r\n\r\nHTTP/1.1 200 OK']).taken).toBe(5);
    expect(decode(['0\r\n\r\n', 'x']).taken).toBe(5);
  });

  it('can be used again after reset', () => {
    const decoder = new ChunkedDecoder();
    for (const text of ['1\r\na\r\n0\r\nA: b\r\n\r\n', '2\r\nbc\r\n0\r\n\r\n']) {
      decoder.reset();
      const bytes = Buffer.from(text);
      decoder.execute(bytes, 0, bytes.length, []);
      expect(decoder.done).toBe(true);
    }
    expect(decoder.trailers).toBe('');
  });

  it.each([
    ['no size', '\r\n'],
    ['a prefix 0x', '0x5\r\n'],
    ['a plus', '+5\r\n'],
    ['a minus', '-5\r\n'],
    ['an underscore', '1_0\r\n'],
    ['a blank before the size', ' 5\r\n'],
    ['a blank behind the size', '5 \r\n'],
    ['a letter beyond f', 'g\r\n'],
    ['a size that no number holds', '10000000000000000\r\n'],
    ['a flood of zeros', '0'.repeat(20)],
    ['NUL in the size', '5\x00\r\n'],
    ['a bare LF behind the size', '5\nhello'],
    ['a bare CR behind the size', '5\rhello'],
    ['a bare LF behind the data', '5\r\nhello\n0\r\n\r\n'],
    ['a bare CR behind the data', '5\r\nhello\r0\r\n\r\n'],
    ['data longer than its size', '5\r\nhello!\r\n'],
    ['data shorter than its size', '5\r\nhi\r\n0\r\n\r\n'],
    ['no line end behind the data', '5\r\nhello0\r\n\r\n'],
    ['a bare LF at the end', '0\r\n\n'],
    ['a bare CR at the end', '0\r\n\rx'],
    ['only LFs', '0\n\n'],
    ['a bare LF in an extension', '5;a\nhello'],
    ['a bare CR in an extension', '5;a\rb\r\n'],
    ['NUL in an extension', '5;a\x00\r\n'],
    ['DEL in an extension', '5;a\x7f\r\n'],
    ['an extension without a name', '5;\r\n'],
    ['an extension that starts with =', '5;=a\r\n'],
    ['a value that is missing', '5;a=\r\n'],
    ['a quote that is not closed', '5;a="b\r\nhello\r\n'],
    ['a quote that is closed by an escape', '5;a="b\\"\r\n'],
    ['text behind a quote', '5;a="b"c\r\n'],
    ['a blank in a name', '5;a b\r\n'],
    ['a comma between extensions', '5;a,b\r\n'],
    ['a trailer without a colon', '0\r\nX\r\n\r\n'],
    ['a trailer without a name', '0\r\n: x\r\n\r\n'],
    ['a blank before the colon of a trailer', '0\r\nX : y\r\n\r\n'],
    ['a folded trailer', '0\r\nX: y\r\n z\r\n\r\n'],
    ['NUL in a trailer', '0\r\nX: \x00\r\n\r\n'],
    ['a bare LF behind a trailer', '0\r\nX: y\n\r\n'],
    ['a bare CR in a trailer', '0\r\nX: y\rz\r\n\r\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => decode([text])).toThrow(ResponseSyntaxError);
    expect(() => decode([...text])).toThrow(ResponseSyntaxError);
  });

  it('bounds the extensions of a chunk, not those of a whole stream', () => {
    expect(() => decode([`5;${'x'.repeat(20_000)}`])).toThrow('chunk extensions too large');
    const chunk = `1;signature=${'x'.repeat(80)}\r\na\r\n`;
    expect(decode([chunk.repeat(1000), '0\r\n\r\n']).payload).toHaveLength(1000);
  });

  it('bounds the trailers all together', () => {
    const line = `X: ${'y'.repeat(1000)}\r\n`;
    expect(decode([`0\r\n${line.repeat(50)}\r\n`]).done).toBe(true);
    expect(() => decode([`0\r\n${line.repeat(100)}`])).toThrow('trailers too large');
    expect(() => decode([`0\r\n${'y'.repeat(100_000)}`])).toThrow('trailers too large');
  });
});
