import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../test/support/arbitrary-json.js';
import type { GenerateApi } from './api.js';
import { usageTransform } from './usage-transform.js';

const EVENTS = 'text/event-stream; charset=utf-8';
const MEBIBYTE = 1024 * 1024;

/** Pushes the pieces through a new transform and joins what comes out. */
function through(
  pieces: readonly (string | Buffer)[],
  { api = 'chat_completions', type = EVENTS }: { api?: GenerateApi; type?: string } = {},
): string {
  const transform = usageTransform(api, 7, type)!;
  const output = pieces.map((piece) => {
    const bytes = Buffer.from(piece);
    const result = Buffer.from(transform.push(bytes));
    // The relay's buffers live on, but nothing may depend on that.
    return result;
  });
  return Buffer.concat([...output, transform.end()]).toString();
}

const usage = (count: number): string =>
  `{"choices":[],"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":${count}}}}`;

const STREAM =
  'data: {"choices":[{"delta":{"content":"h\u00e9llo \u{1f600}"}}],"usage":null}\n\n' +
  ': a comment with "usage" in it\n\n' +
  `event: x\r\nid: 1\r\ndata: ${usage(9)}\r\n\r\n` +
  'data: {"choices":[{"delta":{"content":"\\"usage\\": {\\"a\\":1}"}}]}\n\n' +
  `data:${usage(9)}\n\n` +
  'data: [DONE]\n\n';

const STREAM_CORRECTED =
  'data: {"choices":[{"delta":{"content":"h\u00e9llo \u{1f600}"}}],"usage":null}\n\n' +
  ': a comment with "usage" in it\n\n' +
  `event: x\r\nid: 1\r\ndata: ${usage(7)}\r\n\r\n` +
  'data: {"choices":[{"delta":{"content":"\\"usage\\": {\\"a\\":1}"}}]}\n\n' +
  `data:${usage(7)}\n\n` +
  'data: [DONE]\n\n';

describe(usageTransform.name, () => {
  it.each(['application/json', EVENTS])(
    'takes what is said of the KV transfer out of %s',
    (type) => {
      const told =
        '{"a":1.0,"kv_transfer_params":{"remote_host":"10.0.0.1"},"usage":{"prompt_tokens":9}}';
      const corrected =
        '{"a":1.0,"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":7}}}';
      const [sent, expected] =
        type === EVENTS ? [`data: ${told}\n\n`, `data: ${corrected}\n\n`] : [told, corrected];
      expect(through([sent], { type })).toBe(expected);
      const nothing = '{"kv_transfer_params":null}';
      expect(through([nothing], { type })).toBe(nothing);
    },
  );

  it('takes it out of a whole answer without a usage too', () => {
    const answer = '{"kv_transfer_params":{"remote_host":"x"},"a":1}';
    expect(through([answer], { type: 'application/json' })).toBe('{"a":1}');
  });

  it.each([
    ['text/plain'],
    ['application/octet-stream'],
    ['application/x-ndjson'],
    [''],
    ['text/event-streams'],
  ])('is not made for %j', (type) => {
    expect(usageTransform('completions', 1, type)).toBeUndefined();
  });

  it.each([
    ['application/json', true],
    ['Application/JSON;charset=utf-8', true],
    [' application/json ', true],
    ['TEXT/EVENT-STREAM', false],
  ])('is made for %j and holds back the whole body: %s', (type, whole) => {
    expect(usageTransform('completions', 1, type)!.whole).toBe(whole);
  });
});

describe('an event stream', () => {
  it('has its usages corrected and nothing else', () => {
    expect(through([STREAM])).toBe(STREAM_CORRECTED);
  });

  it('gives the same bytes wherever it is cut in two', () => {
    const bytes = Buffer.from(STREAM);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(through([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(STREAM_CORRECTED);
    }
  });

  it('gives the same bytes when it comes byte by byte, or in random pieces', () => {
    const bytes = Buffer.from(STREAM);
    expect(through([...bytes].map((byte) => Buffer.of(byte)))).toBe(STREAM_CORRECTED);
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random() * 60);
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(through(pieces)).toBe(STREAM_CORRECTED);
    }
  });

  it('passes whole lines on at once, the very buffer where nothing is changed', () => {
    const transform = usageTransform('chat_completions', 7, EVENTS)!;
    const line = Buffer.from('data: {"a":1}\n\n');
    expect(transform.push(line)).toBe(line);
    expect(transform.push(Buffer.from('data: {"b":1')).length).toBe(0);
    expect(transform.push(Buffer.from('}\n\n')).toString()).toBe('data: {"b":1}\n\n');
    expect(transform.end().length).toBe(0);
  });

  it('holds back a line and no more: what stands before it goes out', () => {
    const transform = usageTransform('chat_completions', 7, EVENTS)!;
    expect(transform.push(Buffer.from('data: 1\n\ndata: {')).toString()).toBe('data: 1\n\n');
  });

  it('corrects a last line that no newline ends', () => {
    expect(through([`data: {}\n\ndata: ${usage(9)}`])).toBe(`data: {}\n\ndata: ${usage(7)}`);
    expect(through([`data: ${usage(9)}`.slice(0, 20), `data: ${usage(9)}`.slice(20)])).toBe(
      `data: ${usage(7)}`,
    );
  });

  it.each([
    'data: "usage"\n\n',
    'data: {"usage":{"prompt_tokens":9}\n\n',
    'data: {"usage":}\n\n',
    'data: [{"usage":{}}]\n\n',
    'data: {"usage":{}} {"usage":{}}\n\n',
    'event: {"usage":{}}\n\n',
    ' data: {"usage":{}}\n\n',
    'data\n\n',
    'data:\n\n',
    '"usage"\n',
    '\n\n\n',
    '',
  ])('leaves %j alone', (text) => {
    expect(through([text])).toBe(text);
  });

  it.each<[GenerateApi, string, string]>([
    [
      'responses',
      'event: response.completed\ndata: {"response":{"usage":{"input_tokens":9}}}\n\n',
      'event: response.completed\ndata: {"response":{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":7}}}}\n\n',
    ],
    [
      'messages',
      'event: message_start\ndata: {"message":{"usage":{"cache_read_input_tokens":9}}}\n\n' +
        'event: message_delta\ndata: {"usage":{"output_tokens":2}}\n\n',
      'event: message_start\ndata: {"message":{"usage":{"cache_read_input_tokens":7}}}\n\n' +
        'event: message_delta\ndata: {"usage":{"output_tokens":2,"cache_read_input_tokens":7}}\n\n',
    ],
  ])('knows the events of %s', (api, text, expected) => {
    expect(through([text], { api })).toBe(expected);
  });

  it('lets a line that is too long to hold pass as it is, and corrects those behind it', () => {
    const long = `data: {"x":"${'x'.repeat(MEBIBYTE)}`;
    const rest = `"usage":{"a":1}"}\n\ndata: ${usage(9)}\n\n`;
    const expected = `${long}"usage":{"a":1}"}\n\ndata: ${usage(7)}\n\n`;
    expect(through([long, rest]) === expected).toBe(true);
    expect(through([long, 'yy', 'zz', rest]) === expected.replace('x"us', 'xyyzz"us')).toBe(true);
    expect(through([long + rest.slice(0, 5), rest.slice(5)]) === expected).toBe(true);
  });

  it('does not take a later part of such a line for a line', () => {
    const pieces = [`data: ${'x'.repeat(MEBIBYTE)}`, 'data: {"usage":{}}', '\ndata: {}\n'];
    expect(through(pieces) === pieces.join('')).toBe(true);
  });

  it('does not keep a line that is too long to hold', () => {
    const transform = usageTransform('chat_completions', 7, EVENTS)!;
    let out = 0;
    for (let round = 0; round < 100; round++) {
      out += transform.push(Buffer.alloc(64 * 1024, 0x78)).length;
    }
    expect(100 * 64 * 1024 - out).toBeLessThanOrEqual(MEBIBYTE);
  });

  it('corrects the usage of a line with a megabyte of logprobs', () => {
    const pad = 'x'.repeat(MEBIBYTE - 200);
    const line = (count: number): string => `data: {"pad":"${pad}",${usage(count).slice(1)}\n\n`;
    const bytes = Buffer.from(line(9));
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 60_000) pieces.push(bytes.subarray(at, at + 60_000));
    expect(through(pieces) === line(7)).toBe(true);
  });
});

describe('a JSON answer', () => {
  const type = 'application/json';

  it('has its usage corrected wherever it is cut', () => {
    const text = ` {"id":"\u00e9",${usage(9).slice(1)}\n`;
    const expected = text.replace(':9}}', ':7}}');
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(through([bytes.subarray(0, cut), bytes.subarray(cut)], { type })).toBe(expected);
    }
    expect(
      through(
        [...bytes].map((byte) => Buffer.of(byte)),
        { type },
      ),
    ).toBe(expected);
  });

  it('holds everything back until its end', () => {
    const transform = usageTransform('chat_completions', 7, type)!;
    expect(transform.push(Buffer.from(usage(9))).length).toBe(0);
    expect(transform.whole).toBe(true);
    expect(transform.end().toString()).toBe(usage(7));
  });

  it.each(['', 'null', '[]', '{"usage":null}', '{"usage":{}', 'not json', '{"a":"\\"usage\\""}'])(
    'leaves %j alone',
    (text) => {
      expect(through([text], { type })).toBe(text);
    },
  );

  it('lets an answer that is too large to hold pass as it is', () => {
    const transform = usageTransform('chat_completions', 7, type)!;
    const piece = Buffer.alloc(4 * MEBIBYTE, 0x20);
    let out = 0;
    for (let round = 0; round < 17; round++) out += transform.push(piece).length;
    expect(out).toBe(17 * 4 * MEBIBYTE);
    expect(transform.whole).toBe(false);
    const last = Buffer.from(usage(9));
    expect(transform.push(last)).toBe(last);
    expect(transform.end().length).toBe(0);
  });
});
