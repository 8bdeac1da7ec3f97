import { describe, expect, it } from '@jest/globals';
import { requestWith } from '../../test/support/message-stub.js';
import { readRequestFields, ROUTING_FIELDS, type RequestFields } from './request-fields.js';

const read = (lines: string[], without: string[] = []): RequestFields =>
  readRequestFields(requestWith(lines), new Set(without));

describe(readRequestFields.name, () => {
  it('keeps end-to-end fields as sent, in order, duplicates and odd bytes included', () => {
    const { common } = read([
      'HOST',
      'e',
      'X-a',
      '1',
      'x-A',
      '2',
      'Cookie',
      'caf\xe9',
      'Baggage',
      'k=v',
    ]);
    expect(common).toBe('HOST: e\r\nX-a: 1\r\nx-A: 2\r\nCookie: caf\xe9\r\nBaggage: k=v\r\n');
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
    const fields = read(['Connection', 'host, content-length', 'Host', 'e', 'Content-Length', '5']);
    expect(fields).toMatchObject({ common: 'Host: e\r\n', contentLength: '5' });
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
