import { describe, expect, it } from '@jest/globals';
import { MAX_REFUSAL_BYTES, refusalTransform } from './refusal-transform.js';

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream; charset=utf-8';

/** What goes out, piece by piece, and whether it was a refusal in the end. */
function judged(type: string, pieces: string[]): { out: string[]; refused: boolean | undefined } {
  const transform = refusalTransform(type)!;
  const out: string[] = [];
  for (const piece of pieces) {
    out.push(transform.push(Buffer.from(piece)).toString());
    if (transform.refused) return { out, refused: true };
  }
  out.push(transform.end().toString());
  return { out, refused: transform.refused };
}

const stream = (...events: string[]): string => events.map((one) => `data: ${one}\n\n`).join('');

describe(refusalTransform.name, () => {
  it.each([
    ['choices', '{"choices":[{"finish_reason":"cache_threshold","message":{"content":""}}]}'],
    [
      'choices whose text names it too',
      '{"choices":[{"text":"cache_threshold","finish_reason":"cache_threshold"}]}',
    ],
    ['messages', '{"type":"message","stop_reason":"cache_threshold"}'],
    ['responses', '{"status":"incomplete","incomplete_details":{"reason":"cache_threshold"}}'],
  ])('knows a refusal by the finish reason of %s', (_, body) => {
    expect(judged(JSON_TYPE, [body])).toEqual({ out: ['', ''], refused: true });
    expect(judged(JSON_TYPE, [...body])).toMatchObject({ refused: true });
  });

  it.each([
    '{"choices":[{"finish_reason":"stop","text":"cache_threshold"}]}',
    '{"choices":[{"finish_reason":"length"}]}',
    '{"choices":[null,5],"x":"cache_threshold"}',
    '{"choices":"cache_threshold"}',
    '["cache_threshold"]',
    'null "cache_threshold"',
    '"cache_threshold"',
    'null',
    '',
  ])('lets %s through as it came', (body) => {
    expect(judged(JSON_TYPE, [body.slice(0, 5), body.slice(5)])).toEqual({
      out: ['', '', body],
      refused: false,
    });
  });

  it('does not hold an answer that is too long for a refusal', () => {
    const transform = refusalTransform(JSON_TYPE)!;
    const piece = Buffer.alloc(MAX_REFUSAL_BYTES, 'x');
    expect(transform.push(piece)).toHaveLength(0);
    expect(transform.whole).toBe(true);
    expect(transform.push(Buffer.from('yz'))).toHaveLength(MAX_REFUSAL_BYTES + 2);
    expect(transform.whole).toBe(false);
    const more = Buffer.from('{"choices":[{"finish_reason":"cache_threshold"}]}');
    expect(transform.push(more)).toBe(more);
    expect(transform.end()).toHaveLength(0);
    expect(transform.refused).toBe(false);
  });

  const REFUSED = '{"choices":[{"index":0,"delta":{},"finish_reason":"cache_threshold"}]}';
  const ROLE = '{"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}';
  const TEXT = '{"choices":[{"index":0,"delta":{"content":"a"}}]}';

  it.each([
    ['the first event', stream(REFUSED)],
    ['the second event', stream(ROLE, REFUSED)],
    ['the second event, with CRLF', stream(ROLE, REFUSED).replaceAll('\n', '\r\n')],
    ['the second event, after a comment', `: hi\n\n${stream(ROLE, REFUSED)}`],
    ['an event that does not end', stream(ROLE, REFUSED).trimEnd()],
    [
      'an event of messages after those that open',
      'event: message_start\n' +
        stream('{"type":"message_start","message":{"stop_reason":null}}') +
        stream(
          '{"type": "ping"}',
          '{"type":"message_delta","delta":{"stop_reason":"cache_threshold"}}',
        ),
    ],
    [
      'an event of responses after those that open',
      stream('{"type":"response.created"}', '{"type":"response.in_progress"}') +
        stream(
          '{"type":"response.incomplete","response":{"incomplete_details":{"reason":"cache_threshold"}}}',
        ),
    ],
  ])('finds a refusal in %s, however it is cut', (_, text) => {
    for (const pieces of [[text], [...text], [text.slice(0, 20), text.slice(20)]]) {
      const { out, refused } = judged(EVENTS_TYPE, pieces);
      expect([refused, out.join('')]).toEqual([true, '']);
    }
  });

  it('lets a stream go after its second event, and looks at no further one', () => {
    const pieces = [stream(ROLE), stream(TEXT), stream(REFUSED), stream('[DONE]')];
    expect(judged(EVENTS_TYPE, pieces)).toEqual({
      out: ['', pieces[0]! + pieces[1]!, pieces[2], pieces[3], ''],
      refused: false,
    });
  });

  it.each([stream(TEXT), stream(TEXT).trimEnd(), ''])(
    'lets a stream that ends early go: %j',
    (text) => {
      expect(judged(EVENTS_TYPE, [text])).toEqual({ out: ['', text], refused: false });
    },
  );

  it('never gives out the very bytes that came in while it held some', () => {
    const transform = refusalTransform(EVENTS_TYPE)!;
    const bytes = Buffer.from(stream(ROLE, TEXT));
    const out = transform.push(bytes);
    expect(out.equals(bytes)).toBe(true);
    expect(out).not.toBe(bytes);
  });

  it('does not look into anything else', () => {
    expect(refusalTransform('text/plain')).toBeUndefined();
  });
});
