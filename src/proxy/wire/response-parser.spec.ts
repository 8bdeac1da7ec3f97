import { describe, expect, it } from '@jest/globals';
import { ResponseSyntaxError } from './response-head.js';
import { ResponseParser } from './response-parser.js';

interface Message {
  readonly statuses: number[];
  readonly payload: string;
  readonly trailers: string;
  readonly done: boolean;
  readonly surplus: boolean;
}

/** Reads the pieces out of one buffer that each read overwrites, as connections do. */
function parse(pieces: readonly string[], { toHead = false, close = false } = {}): Message {
  const parser = new ResponseParser();
  parser.expect(toHead);
  const shared = Buffer.alloc(64 * 1024, '\r\n\r\n');
  const statuses: number[] = [];
  let payload = '';
  let last = { done: false, surplus: false, trailers: '' };
  const take = (read: ReturnType<typeof parser.execute>): void => {
    for (const head of read.interim) statuses.push(head.statusCode);
    if (read.head) statuses.push(read.head.statusCode);
    for (let i = 0; i < read.spans.length; i += 2) {
      payload += read.bytes.toString('latin1', read.spans[i], read.spans[i + 1]);
    }
    last = { done: read.done, surplus: read.surplus, trailers: read.trailers };
  };
  for (const piece of pieces) {
    shared.fill('\r\n\r\n');
    take(parser.execute(shared, shared.write(piece, 'latin1')));
  }
  const closing = close ? parser.close() : undefined;
  if (closing) take(closing);
  return { statuses, payload, ...last };
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const VALID: [string, string, Partial<Message>, { toHead?: boolean; close?: boolean }][] = [
  ['a body with a length', `${HEAD}Content-Length: 5\r\n\r\nhello`, { payload: 'hello' }, {}],
  ['an empty body', `${HEAD}Content-Length: 0\r\n\r\n`, { payload: '' }, {}],
  [
    'a body with line ends',
    `${HEAD}Content-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n`,
    { payload: '\r\n\r\n\r\n\r\n' },
    {},
  ],
  [
    'chunks',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    { payload: 'hello' },
    {},
  ],
  [
    'chunks with a trailer',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n0\r\nA: b\r\n\r\n`,
    { payload: 'hi', trailers: 'A: b\r\n' },
    {},
  ],
  ['a body up to the close', `${HEAD}\r\nhello`, { payload: 'hello' }, { close: true }],
  ['nothing up to the close', `${HEAD}\r\n`, { payload: '' }, { close: true }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello', { payload: 'hello' }, { close: true }],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', { statuses: [204] }, {}],
  ['not modified', 'HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n', { statuses: [304] }, {}],
  ['an answer to HEAD', `${HEAD}Content-Length: 5\r\n\r\n`, { payload: '' }, { toHead: true }],
  [
    'interim answers',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: <a>\r\n\r\n${HEAD}Content-Length: 1\r\n\r\nx`,
    { statuses: [100, 103, 200], payload: 'x' },
    {},
  ],
  [
    'an empty line behind an interim answer',
    `HTTP/1.1 100 Continue\r\n\r\n\r\n${HEAD}Content-Length: 1\r\n\r\nx`,
    { statuses: [100, 200], payload: 'x' },
    {},
  ],
  [
    'an empty line before the answer',
    `\r\n${HEAD}Content-Length: 1\r\n\r\nx`,
    { payload: 'x' },
    {},
  ],
];

describe(ResponseParser.name, () => {
  it.each(VALID)('reads %s in one piece', (_what, text, expected, how) => {
    expect(parse([text], how)).toMatchObject({
      done: true,
      surplus: false,
      statuses: [200],
      ...expected,
    });
  });

  it.each(VALID)('reads %s in two pieces and byte by byte', (_what, text, _expected, how) => {
    const whole = parse([text], how);
    for (let cut = 1; cut < text.length; cut++) {
      expect(parse([text.slice(0, cut), text.slice(cut)], how)).toEqual(whole);
    }
    expect(parse([...text], how)).toEqual(whole);
  });

  it.each(VALID)(
    'does not take a part of %s for the whole',
    (_what, text, _expected, { close = false, toHead = false }) => {
      const head = text.lastIndexOf('HTTP/1.');
      const minimum = text.indexOf('\r\n\r\n', head) + 4;
      const limit = close ? minimum : text.length;
      for (let cut = 0; cut < limit; cut++) {
        expect(parse([text.slice(0, cut)], { close: true, toHead }).done).toBe(false);
      }
    },
  );

  it.each(VALID.filter(([, , , how]) => !how.close))(
    'tells that bytes came behind %s, in the same read or later',
    (_what, text, _expected, how) => {
      for (const extra of ['x', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '\r\n']) {
        expect(parse([text + extra], how)).toMatchObject({ done: true, surplus: true });
        expect(parse([text, extra], how)).toMatchObject({ done: true, surplus: true });
      }
    },
  );

  it('gives no byte behind the message to the reader', () => {
    const text = `${HEAD}Content-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\nevil`;
    expect(parse([text])).toMatchObject({ payload: 'hi', statuses: [200] });
    expect(parse(['HTTP/1.1 204 x\r\nContent-Length: 4\r\n\r\nevil']).payload).toBe('');
    expect(parse([`${HEAD}Content-Length: 4\r\n\r\nevil`], { toHead: true }).payload).toBe('');
  });

  it('is ready for another answer after expect', () => {
    const parser = new ResponseParser();
    const first = Buffer.from(
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n!`,
    );
    const second = Buffer.from('HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nhi');
    parser.expect(false);
    expect(parser.execute(first)).toMatchObject({ done: true, surplus: true });
    parser.expect(false);
    expect(parser.hasHead).toBe(false);
    const read = parser.execute(second);
    expect(read).toMatchObject({ done: true, surplus: false, trailers: '' });
    expect(read.head!.statusCode).toBe(404);
  });

  it('forgets half a head and half a chunk after expect', () => {
    const parser = new ResponseParser();
    parser.expect(false);
    parser.execute(Buffer.from('HTTP/1.1 2'));
    parser.expect(false);
    parser.execute(Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\nx`));
    parser.expect(false);
    const read = parser.execute(Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`));
    expect(read.done).toBe(true);
  });

  it('copies no payload: offsets count in the bytes that were read', () => {
    const parser = new ResponseParser();
    parser.expect(false);
    parser.execute(Buffer.from(`${HEAD}Content-Length: 9\r\n\r\n`));
    const bytes = Buffer.from('some data');
    expect(parser.execute(bytes).bytes).toBe(bytes);
  });
});

describe('an answer that is not valid', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x28\r\n\r\n'],
    ['an HTTP/2 preface', '\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n\r\n'],
    ['two empty lines first', `\r\n\r\n${HEAD}Content-Length: 0\r\n\r\n`],
    ['only LFs', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['one bare LF', `${HEAD}A: b\nContent-Length: 0\r\n\r\n`],
    ['a bare CR', `${HEAD}A: b\rContent-Length: 5\r\n\r\nhello`],
    ['a folded field', `${HEAD}A: b\r\n c\r\n\r\n`],
    ['a blank before the first field', `${HEAD} A: b\r\n\r\n`],
    ['NUL in a field', `${HEAD}A: \x00\r\n\r\n`],
    ['length and chunks', `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['two lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['a switch of protocols that nobody asked for', 'HTTP/1.1 101 x\r\nUpgrade: a\r\n\r\n'],
    ['a bad interim answer', `HTTP/1.1 100 x\r\nA : b\r\n\r\n${HEAD}\r\n`],
    ['a bad chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n`],
  ])('is refused for %s, wherever it is cut', (_what, text) => {
    expect(() => parse([text])).toThrow(ResponseSyntaxError);
    for (let cut = 1; cut < text.length; cut++) {
      expect(() => parse([text.slice(0, cut), text.slice(cut)])).toThrow(ResponseSyntaxError);
    }
    expect(() => parse([...text])).toThrow(ResponseSyntaxError);
  });

  it('is refused at the first line that no CRLF ends, without waiting for more', () => {
    expect(() => parse(['HTTP/1.1 200 OK\n'])).toThrow('a line does not end in CRLF');
    expect(() => parse(['\n'])).toThrow('a line does not end in CRLF');
    expect(() => parse([`${HEAD}A: b\n`])).toThrow('a line does not end in CRLF');
  });

  it('is refused after too many interim answers, in one read or many', () => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n';
    expect(parse([interim.repeat(100), `${HEAD}Content-Length: 0\r\n\r\n`]).done).toBe(true);
    expect(() => parse([interim.repeat(101)])).toThrow('too many 1xx');
    expect(() => parse(Array<string>(101).fill(interim))).toThrow('too many 1xx');
  });

  it('is refused when its head does not end', () => {
    const line = `A: ${'x'.repeat(60_000)}\r\n`;
    expect(() => parse([HEAD, ...Array<string>(20).fill(line)])).toThrow('the head is too large');
    const many = `${HEAD}${'A: b\r\n'.repeat(9_000)}\r\n`;
    expect(parse([many], { close: true }).statuses).toEqual([200]);
  });
});

describe('the end of the connection', () => {
  it.each([
    ['before the head', '', false],
    ['in the head', 'HTTP/1.1 200 OK\r\n', false],
    ['in a body of known length', `${HEAD}Content-Length: 5\r\n\r\nhell`, false],
    ['in a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhell`, false],
    ['between chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, false],
    ['before the last line', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, false],
    ['behind an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n', false],
    ['in a body without a length', `${HEAD}\r\nhell`, true],
  ])('%s completes the message: %s', (_where, text, complete) => {
    expect(parse([text], { close: true }).done).toBe(complete);
  });

  it('completes a message once', () => {
    const parser = new ResponseParser();
    parser.expect(false);
    parser.execute(Buffer.from(`${HEAD}\r\nx`));
    expect(parser.close()).toMatchObject({ done: true, spans: [] });
    expect(parser.close()).toBeUndefined();
  });
});
