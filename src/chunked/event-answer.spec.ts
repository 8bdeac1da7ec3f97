import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from '../openai/held-bytes.js';
import { EventAnswer } from './event-answer.js';
import type { Verdict } from './stitcher.js';
import { UsageSum } from './usage-sum.js';

const event = (id: number, choices: object[], more: object = {}): string =>
  `data: ${JSON.stringify({ id: `c${id}`, created: id, choices, ...more })}\n\n`;
const said = (content: string, finish: string | null = null): object => ({
  index: 0,
  delta: { content },
  finish_reason: finish,
});
const opening = { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null };
const usage = (prompt: number, completion: number): object => ({
  usage: {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: { cached_tokens: prompt },
  },
});
const DONE = 'data: [DONE]\n\n';

const CHUNKS = [
  [event(1, [opening]), ': ping\n\n', event(1, [said('a\u00fc')])].join('') +
    event(1, [said(' "b"', 'length')]) +
    event(1, [], usage(5, 2)) +
    DONE,
  event(2, [opening]) +
    event(2, [said('\\')]) +
    event(2, [said('', 'stop')]) +
    event(2, [], usage(7, 2)) +
    DONE,
];
const ANSWER =
  [event(1, [opening]), ': ping\n\n', event(1, [said('a\u00fc')])].join('') +
  event(1, [said(' "b"')]) +
  event(1, [said('\\')]) +
  event(1, [said('', 'stop')]) +
  event(1, [], {
    usage: {
      ...{ prompt_tokens: 5, total_tokens: 9, completion_tokens: 4 },
      prompt_tokens_details: { cached_tokens: 5 },
    },
  }) +
  DONE;

interface Stitched {
  readonly output: string;
  readonly verdicts: readonly Verdict[];
  readonly text: string;
  readonly answer: EventAnswer;
}

/** @param cut bytes of a piece */
function stitch(chunks: readonly string[], cut = Infinity): Stitched {
  const text = new HeldBytes();
  const answer = new EventAnswer(text, new UsageSum());
  const output: Buffer[] = [];
  const verdicts = chunks.map((chunk, index) => {
    const bytes = Buffer.from(chunk);
    answer.begin(index === 9);
    for (let at = 0; at < bytes.length; at += cut) {
      // The memory of a read is used again.
      const piece = Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + cut)));
      output.push(answer.push(piece));
      piece.fill(0);
    }
    const end = answer.end();
    output.push(end.output);
    return end.verdict;
  });
  return {
    output: Buffer.concat(output).toString(),
    verdicts,
    text: text.bytes.toString(),
    answer,
  };
}

describe(EventAnswer.name, () => {
  it.each([Infinity, 1, 2, 3, 7, 50])('makes one stream of two, in pieces of %d bytes', (cut) => {
    const { output, verdicts, text } = stitch(CHUNKS, cut);
    expect(output).toBe(ANSWER);
    expect(verdicts).toEqual(['more', 'done']);
    expect(text).toBe('a\u00fc \\"b\\"\\\\');
  });

  it('takes line ends of either kind', () => {
    const { output } = stitch(CHUNKS.map((chunk) => chunk.replaceAll('\n', '\r\n')));
    expect(output).toBe(ANSWER.replaceAll('\n', '\r\n'));
  });

  it('gives nothing before there is text, and everything then', () => {
    const answer = new EventAnswer(new HeldBytes(), new UsageSum());
    answer.begin(false);
    expect(answer.push(Buffer.from(event(1, [opening]))).length).toBe(0);
    const first = event(1, [said('a')]);
    expect(answer.push(Buffer.from(first)).toString()).toBe(event(1, [opening]) + first);
    expect(answer.push(Buffer.from(first)).toString()).toBe(first);
  });

  it.each([
    ['reasoning', { reasoning: 'x' }],
    ['a call', { tool_calls: [{}] }],
  ])('is unfit when it begins with %s', (_, delta) => {
    const answer = new EventAnswer(new HeldBytes(), new UsageSum());
    answer.begin(false);
    const choice = { index: 0, delta, finish_reason: null };
    expect(answer.push(Buffer.from(event(1, [opening]) + event(1, [choice]))).length).toBe(0);
    expect(answer.unfit).toBe('undivided');
  });

  it('is broken when it turns to reasoning and a limit ends it', () => {
    const reasons = { index: 0, delta: { reasoning: 'x' }, finish_reason: null };
    const chunk = event(1, [said('a')]) + event(1, [reasons]);
    expect(stitch([chunk + event(1, [said('', 'length')])]).verdicts).toEqual(['broken']);
    expect(stitch([chunk + event(1, [said('', 'stop')])]).verdicts).toEqual(['done']);
  });

  it('asks for the whole anew when the first chunk has no text, for the rest when a later one has none', () => {
    const empty = event(1, [opening]) + event(1, [said('', 'length')]) + DONE;
    expect(stitch([empty])).toMatchObject({ verdicts: ['undivided'], output: '' });
    expect(stitch([CHUNKS[0]!, empty]).verdicts).toEqual(['more', 'rest']);
  });

  it('does not hold an event without end', () => {
    const answer = new EventAnswer(new HeldBytes(), new UsageSum());
    answer.begin(false);
    for (let round = 0; round < 20; round++) answer.push(Buffer.alloc(64 * 1024, 0x78));
    expect(answer.unfit).toBe('undivided');
  });

  it.each([': ping\n\n', event(1, []), event(1, [said('')])])(
    'does not keep a stream back for ever that has no text: %s',
    (without) => {
      const answer = new EventAnswer(new HeldBytes(), new UsageSum());
      answer.begin(false);
      const piece = Buffer.from(without.repeat(Math.ceil((64 * 1024) / without.length)));
      for (let round = 0; round < 17; round++) expect(answer.push(piece).length).toBe(0);
      expect(answer.unfit).toBe('undivided');
    },
  );

  it('ends what no chunk can follow', () => {
    const { answer } = stitch([CHUNKS[0]!]);
    answer.begin(false);
    expect(answer.close().toString()).toBe(
      event(1, [said('', 'length')]) + event(1, [], usage(5, 2)) + DONE,
    );
  });

  it('passes what it does not know', () => {
    const odd = 'event: x\ndata: {"a":1}\n\ndata: no JSON\n\nretry: 1\n\n';
    expect(stitch([event(1, [said('a')]) + odd]).output).toContain(odd);
  });

  const inLines = (chunk: string): string => chunk.replaceAll('"choices"', '\ndata: "choices"');
  it.each([
    ['data in several lines', inLines(CHUNKS[0]!)],
    ['lines that end with CR alone', CHUNKS[0]!.replaceAll('\n', '\r')],
    ['several choices', event(1, [said('a'), said('b', 'length')]) + DONE],
  ])('makes no chunk of %s, whose text it would miss', (_, chunk) => {
    for (const cut of [Infinity, 7]) {
      expect(stitch([chunk], cut)).toMatchObject({ verdicts: ['undivided'], output: '' });
    }
    expect(stitch([CHUNKS[0]!, chunk]).verdicts).toEqual(['more', 'broken']);
  });

  it.each(['', ': ping\n\n', event(2, [opening]) + event(2, [said('b')])])(
    'is broken by a later chunk that ends without an end: %j',
    (chunk) => {
      expect(stitch([CHUNKS[0]!, chunk]).verdicts).toEqual(['more', 'broken']);
      expect(stitch([CHUNKS[0]!, chunk + DONE]).verdicts).toEqual(['more', 'done']);
    },
  );

  it('keeps events apart where a chunk ends without an empty line', () => {
    const chunk = event(1, [opening]) + event(1, [said('a', 'length')]).trimEnd();
    const { output, verdicts } = stitch([chunk, CHUNKS[1]!]);
    expect(verdicts).toEqual(['more', 'done']);
    expect(output).toContain(event(1, [said('a')]) + event(1, [said('\\')]));
  });
});
