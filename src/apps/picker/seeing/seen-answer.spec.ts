import { beforeEach, describe, expect, it } from '@jest/globals';
import { PickerMetrics } from '../../../metrics/picker.metrics.js';
import type { RequestRecord } from '../../../metrics/request-record.js';
import { seenAnswer } from './seen-answer.js';

const JSON_TYPE = 'application/json';
const EVENTS = 'text/event-stream; charset=utf-8';

let metrics: PickerMetrics;
let record: RequestRecord;

beforeEach(() => {
  metrics = new PickerMetrics('1');
  record = metrics.requestStarted({
    ...{ model: 'mine', targetModel: 'theirs', fairnessId: '', priority: 0 },
    ...{ bytes: 10, receivedAt: performance.now() },
  });
  record.decided();
});

function head(status: number, type: string, coding?: string): ReadonlyMap<string, string> {
  const lines: [string, string][] = [
    [':status', String(status)],
    ['content-type', type],
  ];
  if (coding !== undefined) lines.push(['content-encoding', coding]);
  return new Map(lines);
}

async function count(name: string): Promise<number> {
  const text = await metrics.registry.metrics();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

describe(seenAnswer.name, () => {
  it('counts the tokens of a stream that is cut anywhere, and names its model', async () => {
    record.answered(200);
    const seen = seenAnswer(head(200, EVENTS), record, 'mine')!;
    const usage = '"usage":{"prompt_tokens":7,"completion_tokens":3}';
    const events = [
      `data: {"model":"theirs","choices":[{"text":"theirs"}]}\n\n`,
      `data: {"model":"theirs","choices":[{"text":"b"}]}\n\n`,
      `data: {"model":"theirs","choices":[],${usage}}\n\ndata: [DONE]\n\n`,
    ].join('');
    let answer = '';
    for (const byte of Buffer.from(events)) answer += seen.push(Buffer.from([byte])).toString();
    answer += seen.end().toString();
    expect(answer).toBe(events.replaceAll('"model":"theirs"', '"model":"mine"'));
    expect(seen.keepsLength).toBe(false);
    expect(seen.bytes).toBe(events.length);
    record.ended(performance.now(), true, seen.bytes, seen.tokens);
    expect(await count('llm_d_epp_request_input_tokens_sum')).toBe(7);
    expect(await count('llm_d_epp_request_output_tokens_sum')).toBe(3);
    expect(await count('llm_d_epp_response_size_bytes_sum')).toBe(events.length);
    expect(await count('llm_d_epp_request_ttft_seconds_count')).toBe(1);
    expect(await count('llm_d_epp_request_streaming_itl_seconds_count')).toBe(1);
  });

  it('hands on the very bytes where nothing is renamed', () => {
    const seen = seenAnswer(head(200, JSON_TYPE), record, undefined)!;
    const bytes = Buffer.from('{"model":"theirs"}');
    expect(seen.push(bytes)).toBe(bytes);
    expect(seen.end()).toHaveLength(0);
    expect(seen.keepsLength).toBe(true);
  });

  it('reads the usage of a JSON answer in pieces', () => {
    const seen = seenAnswer(head(200, JSON_TYPE), record, undefined)!;
    seen.push(Buffer.from('{"usage":{"prompt_tok'));
    seen.push(Buffer.from('ens":5,"completion_tokens":2}}'));
    seen.end();
    expect(seen.tokens).toMatchObject({ prompt: 5, completion: 2, isStream: false });
  });

  it('leaves what is compressed alone, and counts its bytes', () => {
    const seen = seenAnswer(head(200, JSON_TYPE, 'gzip'), record, 'mine')!;
    const bytes = Buffer.from('{"model":"theirs"}');
    expect(seen.push(bytes)).toBe(bytes);
    expect(seen.tokens).toBeUndefined();
    expect(seen.bytes).toBe(bytes.length);
  });

  it('sees nothing in an error, but names its model', () => {
    expect(seenAnswer(head(500, JSON_TYPE), record, undefined)).toBeUndefined();
    expect(seenAnswer(head(404, 'text/plain'), record, 'mine')).toBeUndefined();
    const seen = seenAnswer(head(400, JSON_TYPE), record, 'mine')!;
    expect(seen.push(Buffer.from('{"model":"theirs"}')).toString()).toBe('{"model":"mine"}');
  });
});
