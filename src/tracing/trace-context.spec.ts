import { describe, expect, it } from '@jest/globals';
import { legHeaders, readTraceContext } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

describe(readTraceContext.name, () => {
  it('reads ids and flags, whatever the case of the header name', () => {
    const context = readTraceContext(['Host', 'x', 'TraceParent', VALID]);
    expect(context?.span).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
  });

  it.each([
    ['no header', []],
    ['two lines', ['traceparent', VALID, 'traceparent', VALID]],
    ['upper case', ['traceparent', VALID.toUpperCase()]],
    ['a trace id of zeros', ['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]],
    ['a span id of zeros', ['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`]],
    ['version ff', ['traceparent', `ff-${TRACE}-${SPAN}-01`]],
    ['version 00 with more fields', ['traceparent', `${VALID}-x`]],
    ['too short', ['traceparent', VALID.slice(0, -1)]],
    ['not hexadecimal', ['traceparent', VALID.replace('4bf', '4bg')]],
    ['tracestate alone', ['tracestate', 'a=b']],
  ])('takes %s as no context', (_, rawHeaders) => {
    expect(readTraceContext(rawHeaders)).toBeUndefined();
  });

  it('reads a later version with more fields', () => {
    const context = readTraceContext(['traceparent', `01-${TRACE}-${SPAN}-01-future`]);
    expect(context?.span.traceId).toBe(TRACE);
  });

  it('joins several tracestate lines', () => {
    const context = readTraceContext([
      'tracestate',
      'a=1',
      'traceparent',
      VALID,
      'Tracestate',
      'b=2',
    ]);
    expect(context?.tracestate).toBe('a=1,b=2');
    expect(context?.span.traceState?.get('b')).toBe('2');
  });
});

describe(legHeaders.name, () => {
  const span = { traceId: TRACE, spanId: 'b7ad6b7169203331', traceFlags: 1 };

  it('writes the leg as parent and leaves tracestate as it was', () => {
    const incoming = readTraceContext(['traceparent', VALID, 'tracestate', 'Vendor@x=!!, a=1']);
    expect(legHeaders(span, incoming)).toEqual({
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      tracestate: 'Vendor@x=!!, a=1',
    });
  });

  it('passes on that the trace id is random', () => {
    const incoming = readTraceContext(['traceparent', `00-${TRACE}-${SPAN}-03`]);
    expect(legHeaders({ ...span, traceFlags: 0 }, incoming).traceparent).toMatch(/-02$/);
  });

  it('sends no tracestate in a new trace', () => {
    expect(legHeaders(span, undefined).tracestate).toBeUndefined();
  });
});
