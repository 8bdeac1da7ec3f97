import { describe, expect, it } from '@jest/globals';
import { errorIn } from './stream-error.js';

const found = (text: string): string | undefined => errorIn(Buffer.from(text))?.toString().trim();

describe(errorIn.name, () => {
  it.each([
    ['OpenAI’s APIs', '{"error":{"message":"no room","code":500}}'],
    ['messages', '{"type":"error","error":{"type":"internal_error"}}'],
    ['responses', '{"type":"error","code":"x"}'],
    ['responses that failed', '{"type":"response.failed","response":{}}'],
  ])('finds what %s send', (_, event) => {
    expect(
      found(`data: {"choices":[]}\n\nevent: x\r\ndata: ${event}\r\n\r\ndata: [DONE]\n\n`),
    ).toBe(event);
    expect(found(`data:${event}`)).toBe(event);
  });

  it.each([
    '',
    'data: {"choices":[{"text":"an \\"error\\": {}"}]}\n\n',
    'data: {"error":null}\n\n',
    'data: {"choices":[{"error":1}]}\n\n',
    'data: {"error"\n\n',
    ': "error"\n\ndata: [DONE]\n\n',
    '{"error":{}}',
  ])('finds none in %j', (text) => {
    expect(found(text)).toBeUndefined();
  });
});
