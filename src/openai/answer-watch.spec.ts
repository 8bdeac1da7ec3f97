import { describe, expect, it } from '@jest/globals';
import { answerWatch, type AnswerWatch } from './answer-watch.js';

interface Seen {
  readonly watch: AnswerWatch;
  readonly out: string;
  readonly gaps: number;
}

/** @param pieces as they are read; each is overwritten after it was pushed, as the relay's memory is */
function see(type: string, pieces: readonly (string | Buffer)[]): Seen {
  let gaps = 0;
  const watch = answerWatch(type, false, { observe: (_seconds, times) => (gaps += times) })!;
  let out = '';
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    out += watch.push(bytes).toString('latin1');
    bytes.fill(0x21);
  }
  out += watch.end().toString('latin1');
  return { watch, out, gaps };
}

const countsOf = ({ watch: { prompt, completion, cached } }: Seen): unknown => ({
  prompt,
  completion,
  cached,
});
const none = { prompt: undefined, completion: undefined, cached: undefined };
const SSE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const chat = (content: string): string => event({ choices: [{ delta: { content } }] });
const CHAT_STREAM = [
  chat(''),
  chat('a'),
  chat('say "usage":{"prompt_tokens":99}'),
  event({
    choices: [],
    usage: {
      prompt_tokens: 7,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4 },
    },
  }),
  'data: [DONE]\n\n',
];
const CHAT_COUNTS = { prompt: 7, completion: 2, cached: 4 };

describe(answerWatch.name, () => {
  it.each<[string, unknown, unknown]>([
    [
      'chat',
      { usage: { prompt_tokens: 7, completion_tokens: 2 } },
      { ...none, prompt: 7, completion: 2 },
    ],
    [
      'cached tokens',
      {
        usage: {
          prompt_tokens: 7,
          completion_tokens: 2,
          prompt_tokens_details: { cached_tokens: 4 },
        },
      },
      CHAT_COUNTS,
    ],
    [
      'no details',
      { usage: { prompt_tokens: 7, completion_tokens: 2, prompt_tokens_details: null } },
      { ...none, prompt: 7, completion: 2 },
    ],
    [
      'embeddings',
      { data: [], usage: { prompt_tokens: 7, total_tokens: 7 } },
      { ...none, prompt: 7 },
    ],
    [
      'responses',
      {
        usage: { input_tokens: 7, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } },
        user: null,
      },
      CHAT_COUNTS,
    ],
    [
      'messages, whose cached tokens are counted apart',
      { usage: { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 4 } },
      CHAT_COUNTS,
    ],
    [
      'a schema that is named like it',
      { usage: { prompt_tokens: 7, completion_tokens: 2 }, tools: { usage: { type: 'object' } } },
      { ...none, prompt: 7, completion: 2 },
    ],
    ['text that looks like it', { text: 'a "usage":{"prompt_tokens":5}' }, none],
    ['null', { usage: null }, none],
    ['numbers that are none', { usage: { prompt_tokens: -1, completion_tokens: 1.5 } }, none],
    ['huge numbers', { usage: { prompt_tokens: 1e300 } }, none],
    ['no usage', { choices: [] }, none],
  ])('reads the usage of a whole answer: %s', (_name, answer, expected) => {
    const text = JSON.stringify(answer);
    const seen = see(JSON_TYPE, [text]);
    expect([countsOf(seen), seen.out, seen.gaps]).toEqual([expected, text, 0]);
    expect(countsOf(see(JSON_TYPE, [...text]))).toEqual(expected);
    expect(countsOf(see(JSON_TYPE, [JSON.stringify(answer, null, 2)]))).toEqual(expected);
  });

  it('finds the usage at the end of a long answer in many pieces', () => {
    const text = JSON.stringify({
      data: [{ embedding: Array.from({ length: 50_000 }, (_, i) => i / 7) }],
      usage: { prompt_tokens: 7 },
    });
    for (const size of [1000, 16 * 1024 - 1, 16 * 1024, 65_536, 300_000]) {
      const pieces: string[] = [];
      for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
      const seen = see(JSON_TYPE, pieces);
      expect([countsOf(seen), seen.out === text]).toEqual([{ ...none, prompt: 7 }, true]);
    }
  });

  it('reads the usage of a stream and counts the gaps between its tokens', () => {
    const seen = see(SSE, CHAT_STREAM);
    expect([countsOf(seen), seen.out, seen.gaps]).toEqual([CHAT_COUNTS, CHAT_STREAM.join(''), 2]);
  });

  it.each([1, 2, 3, 7, 64, 100_000])('does so in pieces of %d bytes', (size) => {
    for (const text of [CHAT_STREAM.join(''), CHAT_STREAM.join('').replaceAll('\n', '\r\n')]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      const seen = see(SSE, pieces);
      expect([countsOf(seen), seen.out, seen.gaps]).toEqual([CHAT_COUNTS, text, 2]);
    }
  });

  it('takes the last of running counts', () => {
    const seen = see(SSE, [
      event({ choices: [{}], usage: { prompt_tokens: 7, completion_tokens: 1 } }),
      event({ choices: [{}], usage: { prompt_tokens: 7, completion_tokens: 2 } }),
    ]);
    expect([countsOf(seen), seen.gaps]).toEqual([{ ...none, prompt: 7, completion: 2 }, 1]);
  });

  it('knows what it saw of a stream that broke off', () => {
    const seen = see(SSE, [
      'event: message_start\ndata: {"message":{"usage":{"input_tokens":7,"output_tokens":0}}}\n\n',
      'event: content_block_delta\ndata: {"delta":{"text":"a"}}\n\n',
      'event: content_blo',
    ]);
    expect([countsOf(seen), seen.gaps]).toEqual([{ ...none, prompt: 7, completion: 0 }, 0]);
  });

  it('counts the deltas of a stream of messages', () => {
    const seen = see(SSE, [
      'event: message_start\ndata: {"message":{"usage":{"input_tokens":7,"output_tokens":0}}}\n\n',
      'event: ping\ndata: {}\n\n',
      'event: content_block_start\ndata: {}\n\n',
      'event: content_block_delta\ndata: {"delta":{"text":"a"}}\n\n',
      ': comment\n\n',
      'event: content_block_delta\ndata: {"delta":{"text":"a"}}\n\n',
      'event: content_block_stop\ndata: {}\n\n',
      'event: message_delta\ndata: {"usage":{"output_tokens":2}}\n\n',
      'event: message_stop\ndata: {}\n\n',
    ]);
    expect([countsOf(seen), seen.gaps]).toEqual([{ ...none, prompt: 7, completion: 2 }, 1]);
  });

  it('counts the deltas of a stream of responses', () => {
    const seen = see(SSE, [
      'event: response.created\ndata: {}\n\n',
      'event: response.output_text.delta\ndata: {}\n\n',
      'event: response.output_text.delta\ndata: {}\n\n',
      `event: response.completed\n${event({ response: { usage: { input_tokens: 7, output_tokens: 2 } } })}`,
    ]);
    expect([countsOf(seen), seen.gaps]).toEqual([{ ...none, prompt: 7, completion: 2 }, 1]);
  });

  it('says nothing of a stream without usage', () => {
    const seen = see(SSE, [chat('a'), chat('b'), 'data: [DONE]\n\n']);
    expect([countsOf(seen), seen.gaps]).toEqual([none, 1]);
  });

  it('passes over an event that is too long and goes on behind it', () => {
    const seen = see(SSE, [
      ...Array.from({ length: 40 }, () => 'x'.repeat(64 * 1024)),
      `\n\n${CHAT_STREAM.join('')}`,
    ]);
    expect([countsOf(seen), seen.gaps]).toEqual([CHAT_COUNTS, 2]);
  });

  it('holds the head until the first byte comes, where it is to', () => {
    const watch = answerWatch(SSE, true, { observe: () => undefined })!;
    const bytes = Buffer.from(chat('a'));
    expect(watch.whole).toBe(true);
    const out = watch.push(bytes);
    expect([watch.whole, out === bytes, out.equals(bytes)]).toEqual([false, false, true]);
    expect(watch.push(bytes)).toBe(bytes);
  });

  it('looks at nothing but JSON and events', () => {
    expect(answerWatch('audio/mpeg', false, { observe: () => undefined })).toBeUndefined();
  });
});
