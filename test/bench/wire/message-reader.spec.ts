import { describe, expect, it } from '@jest/globals';
import { MessageReader } from './message-reader.js';

function read(isRequest: boolean, pieces: string[], close = false): string[] {
  const seen: string[] = [];
  let body = '';
  const reader = new MessageReader(isRequest, {
    head: (head) => seen.push(head.split('\r\n')[0] as string),
    body: (buffer, start, end) => {
      body += buffer.toString('latin1', start, end);
    },
    end: () => {
      seen.push(body);
      body = '';
    },
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  if (close) reader.close();
  return seen;
}

const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n 123456789\r\n0\r\nx: y\r\n\r\n';
const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody';

describe(MessageReader.name, () => {
  it('reads messages that follow each other in one piece', () => {
    const first = ['HTTP/1.1 200 OK', 'hello 123456789'];
    expect(read(false, [CHUNKED + SIZED])).toEqual([...first, 'HTTP/1.1 200 OK', 'body']);
  });

  it('reads the same messages byte by byte', () => {
    expect(read(false, [...(CHUNKED + SIZED)])).toEqual(read(false, [CHUNKED + SIZED]));
  });

  it('takes a request without a length as one without a body', () => {
    expect(read(true, ['GET / HTTP/1.1\r\nhost: a\r\n\r\n'])).toEqual(['GET / HTTP/1.1', '']);
  });

  it('reads a response without a length up to the end of the connection', () => {
    const seen = read(false, ['HTTP/1.0 200 OK\r\n\r\nall', ' of it'], true);
    expect(seen).toEqual(['HTTP/1.0 200 OK', 'all of it']);
  });
});
