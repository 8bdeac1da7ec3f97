import { describe, expect, it } from '@jest/globals';
import { HeldBytes } from '../openai/held-bytes.js';
import type { Verdict } from './stitcher.js';
import { UsageSum } from './usage-sum.js';
import { WholeAnswer } from './whole-answer.js';

const answer = (id: number, message: string, finish: string, tokens = 2): string =>
  `{"id" : "c${id}","created":${id}.0,"choices":[ {"index":0,"message":${message},"finish_reason":"${finish}","x":1e2} ],"usage":{"prompt_tokens":${id},"completion_tokens":${tokens},"total_tokens":${id + tokens}},"z":[ 1 ]}\n`;
const text = (content: string): string => `{"role":"assistant", "content" : "${content}"}`;

function stitch(
  chunks: readonly string[],
  lastAt = 9,
): { verdicts: Verdict[]; output: string; whole: WholeAnswer } {
  const whole = new WholeAnswer(new HeldBytes(), new UsageSum());
  let output = '';
  const verdicts = chunks.map((chunk, index) => {
    whole.begin(index === lastAt);
    for (const byte of Buffer.from(chunk)) expect(whole.push(Buffer.of(byte)).length).toBe(0);
    const end = whole.end();
    output += end.output.toString();
    return end.verdict;
  });
  return { verdicts, output, whole };
}

describe(WholeAnswer.name, () => {
  it('is the last answer with the text and the tokens of all, under the first one’s name', () => {
    const { verdicts, output } = stitch([
      answer(1, text('a\\u00e9 \u20ac'), 'length'),
      answer(2, text('\\"'), 'length'),
      answer(3, text('z'), 'stop', 1),
    ]);
    expect(verdicts).toEqual(['more', 'more', 'done']);
    expect(output).toBe(
      `{"id" : "c1","created":1.0,"choices":[{"index":0,"message":${text('a\\u00e9 \u20ac\\"z')},"finish_reason":"stop","x":1e2}],"usage":{"prompt_tokens":1,"completion_tokens":5,"total_tokens":6},"z":[ 1 ]}\n`,
    );
  });

  it.each([
    answer(1, text('a'), 'stop'),
    '{"choices":[]}',
    '{"choices":[{"message":{}},{"message":{}}]}',
    'no JSON',
    '',
  ])('is an only one byte for byte: %s', (chunk) => {
    expect(stitch([chunk])).toMatchObject({ verdicts: ['done'], output: chunk });
  });

  it('ends at the limit', () => {
    const chunks = [answer(1, text('a'), 'length'), answer(2, text('b'), 'length')];
    expect(stitch(chunks, 1).verdicts).toEqual(['more', 'done']);
  });

  it.each([
    ['{"content":null,"reasoning":"x"}', 'undivided'],
    ['{"content":"a","tool_calls":[{}]}', 'undivided'],
    ['{"content":""}', 'undivided'],
    ['{"content":"a","tool_calls":[],"reasoning":null,"refusal":""}', 'more'],
  ])('makes of %s: %s', (message, verdict) => {
    expect(stitch([answer(1, message, 'length')]).verdicts).toEqual([verdict]);
  });

  it('is broken by a later answer that is none', () => {
    const { verdicts, output } = stitch([answer(1, text('a'), 'length'), '{"choices":[]}']);
    expect({ verdicts, output }).toEqual({ verdicts: ['more', 'broken'], output: '' });
  });

  it('ends what no chunk can follow as it stands', () => {
    const { whole } = stitch([answer(1, text('a'), 'length'), answer(2, text('b'), 'length')]);
    whole.begin(false);
    expect(JSON.parse(whole.close().toString())).toMatchObject({
      id: 'c1',
      choices: [{ message: { content: 'ab' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 },
    });
  });
});
