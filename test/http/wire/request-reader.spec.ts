import { describe, expect, it } from '@jest/globals';
import { readRequests } from './request-reader.js';

const HOST = 'Host: x\r\n';

describe(readRequests.name, () => {
  it('finds all whole requests and what is behind them', () => {
    const post = `POST /a HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`;
    const chunks = `PUT /b HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2;x=1\r\nde\r\n0\r\nT: u\r\n\r\n`;
    const { requests, rest, consumed } = readRequests(`${post}${chunks}GET /c HT`);
    expect(requests.map(({ method, target, body }) => [method, target, body])).toEqual([
      ['POST', '/a', 'abc'],
      ['PUT', '/b', 'de'],
    ]);
    expect(requests[1]!.trailers).toEqual([['T', 'u']]);
    expect([rest, consumed]).toEqual(['incomplete', post.length + chunks.length]);
  });

  it.each([
    ['a bare LF', `GET / HTTP/1.1\n${HOST}\r\n`],
    ['a bare CR', `GET / HTTP/1.1\r\n${HOST}A: b\rc\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`],
    ['a blank before the colon', `GET / HTTP/1.1\r\n${HOST}A : b\r\n\r\n`],
    ['two Host lines', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    [
      'a length and a coding',
      `GET / HTTP/1.1\r\n${HOST}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    ['an unknown coding', `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a signed length', `GET / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\n`],
    [
      'a chunk size in C',
      `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n`,
    ],
    [
      'data without its end',
      `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`,
    ],
  ])('takes no leniency: %s', (_, bytes) => {
    expect(readRequests(bytes)).toMatchObject({ requests: [], rest: 'malformed' });
  });

  it('finds nothing behind the last request of a connection', () => {
    const last = `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
    const { requests, rest } = readRequests(`${last}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    expect(requests).toHaveLength(1);
    expect(rest).toBe('ignored');
  });

  it('says how much is missing of a body', () => {
    const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`;
    expect(readRequests(`${head}abc`).needed).toBe(head.length + 100);
  });
});
