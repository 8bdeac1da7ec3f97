import { describe, expect, it } from '@jest/globals';
import { exchangeWith } from '../../test/support/message-stub.js';
import { buildLegHead, type LegHead } from './leg-head.js';
import { readRequestFields } from './request-fields.js';

const LINES = [
  'Host',
  'e',
  'Accept-Encoding',
  'br',
  'traceparent',
  'theirs',
  'tracestate',
  's',
  'X-Request-Id',
  'x',
];

const build = (leg: LegHead, lines = LINES): string[] => {
  const exchange = exchangeWith(lines);
  return buildLegHead(exchange, readRequestFields(exchange.request, new Set()), leg).split('\r\n');
};

describe(buildLegHead.name, () => {
  it('writes the target as it was sent and one request id', () => {
    expect(build({ framing: 'Content-Length: 3\r\n' })).toEqual([
      'POST /v1/x?q=%zz HTTP/1.1',
      'Host: e',
      'Accept-Encoding: br',
      'traceparent: theirs',
      'tracestate: s',
      'X-Forwarded-For: unknown',
      'X-Request-Id: the-id',
      'Content-Length: 3',
      '',
      '',
    ]);
  });

  it('asks for identity and replaces the trace context where the leg wants that', () => {
    const trace = { traceparent: 'ours' };
    const lines = build({ framing: '', identity: true, trace, extra: 'x-kv: 1\r\n' });
    expect(lines.slice(2)).toEqual([
      'Accept-Encoding: identity',
      'traceparent: ours',
      'X-Forwarded-For: unknown',
      'X-Request-Id: the-id',
      'x-kv: 1',
      '',
      '',
    ]);
    expect(build({ framing: '', trace: { ...trace, tracestate: 't' } })).toContain('tracestate: t');
  });

  it('appends the client to those that forwarded the request before', () => {
    expect(build({ framing: '' }, ['X-Forwarded-For', 'a', 'X-Forwarded-For', 'b'])).toContain(
      'X-Forwarded-For: a, b, unknown',
    );
  });
});
