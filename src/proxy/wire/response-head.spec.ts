import { describe, expect, it } from '@jest/globals';
import { parseResponseHead, ResponseSyntaxError, type ResponseHead } from './response-head.js';

const parse = (lines: string[], toHead = false): ResponseHead =>
  parseResponseHead(lines.join('\r\n'), toHead);
const ok = (...fields: string[]): ResponseHead => parse(['HTTP/1.1 200 OK', ...fields]);

describe(parseResponseHead.name, () => {
  it.each([
    ['HTTP/1.1 200 OK', 200, 'OK'],
    ['HTTP/1.1 200 ', 200, ''],
    ['HTTP/1.1 200', 200, ''],
    ['HTTP/1.0 404 Not Found', 404, 'Not Found'],
    ['HTTP/1.1 999 \x80\xff\tany', 999, '\x80\xff\tany'],
    ['HTTP/1.1 100 Continue', 100, 'Continue'],
  ])('reads the status line %j', (line, statusCode, reason) => {
    expect(parse([line])).toMatchObject({ statusCode, reason });
  });

  it.each([
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 +20 OK',
    'HTTP/1.1 0x1 OK',
    'HTTP/1.1 200OK',
    ' HTTP/1.1 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/0.9 200 OK',
    'HTTP/1.10 200 OK',
    'HTTP/1,1 200 OK',
    'HTTPS/1.1 200 OK',
    'ICY 200 OK',
    'GET / HTTP/1.1',
    'HTTP/1.1 200 O\x00K',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 O\nK',
    'HTTP/1.1 200 OK\n',
    'HTTP/1.1 200 O\x7fK',
  ])('refuses the status line %j', (line) => {
    expect(() => parse([line])).toThrow(ResponseSyntaxError);
  });

  it.each([
    ['A: b', 'b'],
    ['A:b', 'b'],
    ['A:', ''],
    ['A: \t b\t ', 'b'],
    ['A: b c', 'b c'],
    ['A: b:c', 'b:c'],
    ['A: "\xe9"', '"\xe9"'],
  ])('reads the field %j', (line, value) => {
    expect(ok(line).headers).toEqual(['A', value]);
  });

  it.each([
    'A : b',
    'A\t: b',
    ' A: b',
    '\tfolded',
    ': b',
    'A',
    '',
    'A b: c',
    'A\x00: b',
    'A: b\x00',
    'A: b\x01',
    'A: b\x7f',
    'A: b\rC: d',
    'A: b\nC: d',
    'A: b\r',
    '\xe9: b',
    'A(: b',
    'A@: b',
    'Content-Length : 5',
  ])('refuses the field %j', (line) => {
    expect(() => ok('X: y', line)).toThrow(ResponseSyntaxError);
  });

  it('keeps end-to-end fields in order, spelled as sent, duplicates included', () => {
    const { headers } = ok('Set-Cookie: a', 'X-A: 1', 'set-cookie: b', 'Content-Length: 0');
    expect(headers).toEqual([
      'Set-Cookie',
      'a',
      'X-A',
      '1',
      'set-cookie',
      'b',
      'Content-Length',
      '0',
    ]);
  });

  it('drops fields of the connection and those that Connection names', () => {
    const { headers } = ok(
      'Connection: close, X-Hop',
      'X-HOP: 1',
      'x-hop: 2',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: close',
      'Proxy-Authenticate: Basic',
      'Proxy-Authorization: x',
      'TE: trailers',
      'Trailer: X',
      'Upgrade: h2c',
      'Transfer-Encoding: chunked',
      'connection: x-other',
      'X-Other: 3',
      'X-End: 4',
    );
    expect(headers).toEqual(['X-End', '4']);
  });
});

describe('the framing of an answer', () => {
  it.each<[string, string[], ResponseHead['framing']]>([
    ['its length', ['Content-Length: 12'], { kind: 'length', length: 12 }],
    ['a length of zero', ['Content-Length: 0'], { kind: 'length', length: 0 }],
    ['leading zeros', ['Content-Length: 0012'], { kind: 'length', length: 12 }],
    ['chunks', ['Transfer-Encoding: chunked'], { kind: 'chunked' }],
    ['chunks in capitals', ['transfer-encoding: Chunked'], { kind: 'chunked' }],
    ['the close', [], { kind: 'until-close' }],
  ])('is told by %s', (_what, fields, framing) => {
    expect(ok(...fields).framing).toEqual(framing);
  });

  it.each([100, 103, 204, 304])('is none with status %d, whatever the fields say', (status) => {
    const line = `HTTP/1.1 ${status} x`;
    expect(parse([line, 'Content-Length: 5']).framing).toEqual({ kind: 'none' });
    expect(parse([line, 'Transfer-Encoding: chunked']).framing).toEqual({ kind: 'none' });
  });

  it('is none for the answer to HEAD, which keeps its Content-Length', () => {
    const head = parse(['HTTP/1.1 200 OK', 'Content-Length: 5'], true);
    expect(head.framing).toEqual({ kind: 'none' });
    expect(head.headers).toEqual(['Content-Length', '5']);
  });

  it.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['the same length twice', ['Content-Length: 5', 'content-length: 5']],
    ['a list of lengths', ['Content-Length: 5, 5']],
    ['a length beside chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['chunks beside a length', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['an empty length', ['Content-Length:']],
    ['a signed length', ['Content-Length: +5']],
    ['a negative length', ['Content-Length: -5']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['a length with an underscore', ['Content-Length: 1_0']],
    ['a fraction', ['Content-Length: 5.0']],
    ['a length with a blank inside', ['Content-Length: 1 0']],
    ['a length that no number holds', ['Content-Length: 9999999999999999']],
    ['an unknown coding', ['Transfer-Encoding: gzip']],
    ['a coding before chunked', ['Transfer-Encoding: gzip, chunked']],
    ['a coding after chunked', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['something like chunked', ['Transfer-Encoding: xchunked']],
    ['chunked with a parameter', ['Transfer-Encoding: chunked;q=1']],
    ['an empty coding', ['Transfer-Encoding:']],
    ['a vertical tab before the coding', ['Transfer-Encoding: \x0bchunked']],
  ])('is refused with %s', (_what, fields) => {
    expect(() => ok(...fields)).toThrow(ResponseSyntaxError);
    // An answer without a body is no excuse: somebody else may read one.
    expect(() => parse(['HTTP/1.1 204 No Content', ...fields])).toThrow(ResponseSyntaxError);
  });

  it('is refused with chunks in HTTP/1.0', () => {
    expect(() => parse(['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'])).toThrow(
      ResponseSyntaxError,
    );
  });
});

describe('the connection of an answer', () => {
  it.each([
    ['HTTP/1.1 200 OK', [], true],
    ['HTTP/1.1 200 OK', ['Connection: close'], false],
    ['HTTP/1.1 200 OK', ['Connection: Keep-Alive, CLOSE'], false],
    ['HTTP/1.1 200 OK', ['Connection: keep-alive', 'Connection: close'], false],
    ['HTTP/1.1 200 OK', ['Connection: closed'], true],
    ['HTTP/1.0 200 OK', [], false],
    ['HTTP/1.0 200 OK', ['Connection: keep-alive'], true],
    ['HTTP/1.0 200 OK', ['Connection: keep-alive, close'], false],
  ])('lives on after %s with %j: %s', (line, fields, keepAlive) => {
    expect(parse([line, ...fields]).keepAlive).toBe(keepAlive);
  });

  it.each([
    ['timeout=5', 5],
    ['timeout=5, max=100', 5],
    ['max=100, timeout=5', 5],
    ['max=100,TIMEOUT=5', 5],
    ['timeout=0', 0],
    ['max=100', undefined],
    ['timeout=', undefined],
    ['timeout=-1', undefined],
    ['xtimeout=5', undefined],
  ])('may idle as long as Keep-Alive: %s says', (value, seconds) => {
    expect(ok(`Keep-Alive: ${value}`).idleTimeout).toBe(seconds);
  });
});
