import { describe, expect, it } from '@jest/globals';
import { requestWith } from '../../test/support/message-stub.js';
import { readRequestFields, ROUTING_FIELDS, type RequestFields } from './request-fields.js';

const HOST = 'Host: e\r\n';

/** Reads fields behind a Host, which is taken out of the result again. */
function read(lines: string[], without: string[] = []): RequestFields {
  const fields = readRequestFields(requestWith(['Host', 'e', ...lines]), new Set(without));
  expect(fields.common.startsWith(HOST)).toBe(true);
  return { ...fields, common: fields.common.slice(HOST.length) };
}

describe(readRequestFields.name, () => {
  it('keeps end-to-end fields as sent, in order, duplicates and odd bytes included', () => {
    const { common } = read(['X-a', '1', 'x-A', '2', 'Cookie', 'caf\xe9', 'Baggage', 'k=v']);
    expect(common).toBe('X-a: 1\r\nx-A: 2\r\nCookie: caf\xe9\r\nBaggage: k=v\r\n');
  });

  it('leaves out what belongs to the connection', () => {
    const hop = [
      'Connection',
      'Keep-Alive',
      'Proxy-Authorization',
      'Proxy-Connection',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'HTTP2-Settings',
      'Expect',
    ];
    expect(read(hop.flatMap((name) => [name, 'x'])).common).toBe('');
  });

  it.each([...ROUTING_FIELDS])('never passes %s on', (name) => {
    const { common } = read([name.toUpperCase(), 'x', 'X-Other', 'y']);
    expect(common).toBe('X-Other: y\r\n');
  });

  it('leaves out what Connection lists, on any of its lines', () => {
    const { common } = read([
      'Connection',
      'X-A, x-b',
      'x-a',
      '1',
      'X-B',
      '2',
      'X-C',
      '3',
      'connection',
      'x-c',
    ]);
    expect(common).toBe('');
  });

  it('lets Connection hide neither Host nor the length of the body', () => {
    const fields = read(['Connection', 'host, content-length', 'Content-Length', '5']);
    expect(fields).toMatchObject({ common: '', contentLength: '5' });
  });

  it('makes a Host for an HTTP/1.0 client that sent none', () => {
    const { common } = readRequestFields(requestWith(['X-A', '1']), new Set());
    expect(common).toBe('Host: localhost\r\nX-A: 1\r\n');
  });

  it('lets Connection hide trace context and accepted codings', () => {
    const fields = read([
      'Connection',
      'traceparent, accept-encoding',
      'traceparent',
      'x',
      'Accept-Encoding',
      'br',
    ]);
    expect(fields).toMatchObject({ trace: '', acceptEncoding: '' });
  });

  it('sorts what each leg decides', () => {
    expect(
      read([
        'Accept-Encoding',
        'br',
        'accept-encoding',
        'gzip',
        'TraceParent',
        'p',
        'tracestate',
        's',
        'X-Forwarded-For',
        'a, b',
        'x-forwarded-for',
        'c',
        'X-Request-Id',
        'id',
        'Content-Length',
        '7',
      ]),
    ).toEqual({
      common: '',
      acceptEncoding: 'Accept-Encoding: br\r\naccept-encoding: gzip\r\n',
      trace: 'TraceParent: p\r\ntracestate: s\r\n',
      forwardedFor: 'a, b, c',
      contentLength: '7',
      chunked: false,
    });
  });

  it('knows a chunked body', () => {
    expect(read(['Transfer-Encoding', 'chunked'])).toMatchObject({
      chunked: true,
      contentLength: undefined,
    });
  });

  it('leaves out what the legs set themselves', () => {
    expect(read(['X-Decoder', 'a', 'X-Other', 'b'], ['x-decoder']).common).toBe('X-Other: b\r\n');
  });
});
