import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playAnswer } from '../../support/ext-proc-answer.js';
import { PickerProgram } from '../../support/picker-program.js';

const NEW = 'x-llm-d-model-name-rewrite';
const OLD = 'x-gateway-model-name-rewrite';
const EVENTS = [['content-type', 'text/event-stream; charset=utf-8']] as const;
const MODES = ['FULL_DUPLEX_STREAMED', 'BUFFERED'] as const;

describe('the model of a request that x-llm-d-model-name-rewrite renames', () => {
  let picker: PickerProgram;

  beforeAll(async () => {
    picker = await PickerProgram.configured({
      endpoints: [{ name: 'a', endpoint: '10.9.0.1:8000' }],
    });
  });
  afterAll(() => picker.stop());

  it.each(MODES)(
    'is another value in the request, which is the same otherwise, in mode %s',
    async (mode) => {
      const body =
        ' {"a": 12345678901234567890, "nested": {"model":"mine"}, "b":1.0e2,\n"model" : "mine" , ' +
        '"messages":[{"role":"user","content":"\\"model\\":\\"mine\\" \\u00e9 é 🚀"}], "model2":"mine"}\n';
      const { headers, body: sent } = await picker.ask({ mode, body, headers: [[NEW, 'theirs']] });
      expect(sent.toString()).toBe(body.replace('"model" : "mine"', '"model" : "theirs"'));
      expect(headers.has(NEW)).toBe(false);
      const length = headers.get('content-length');
      expect([undefined, String(sent.length)]).toContain(length);
    },
  );

  it('is renamed by the old name of the header, and the newer one goes before', async () => {
    const body = { model: 'mine', messages: [] };
    const old = await picker.ask({ body, headers: [[OLD, 'older']] });
    expect(JSON.parse(old.body.toString())).toEqual({ model: 'older', messages: [] });
    const both = await picker.ask({
      body,
      headers: [
        [OLD, 'older'],
        [NEW, 'newer'],
      ],
    });
    expect(JSON.parse(both.body.toString())).toEqual({ model: 'newer', messages: [] });
    expect(both.headers.has(OLD)).toBe(false);
  });

  it('is written as JSON has it, whatever the name', async () => {
    const body = { model: 'mine', messages: [] };
    const name = 'a "quoted" \\ name';
    const { body: sent } = await picker.ask({ body, headers: [[NEW, name]] });
    expect(JSON.parse(sent.toString())).toEqual({ model: name, messages: [] });
  });

  it.each([
    ['FULL_DUPLEX_STREAMED', 1],
    ['FULL_DUPLEX_STREAMED', 7],
    ['STREAMED', 1],
    ['STREAMED', 13],
  ] as const)('is the client’s in events, in mode %s by %d bytes', async (responseMode, size) => {
    const body = { model: 'mine', messages: [], stream: true };
    const { stream } = await picker.ask({ body, responseMode, headers: [[NEW, 'theirs']] });
    const text = [
      'data: {"id":"1","object":"chat.completion.chunk","model":"theirs","choices":[{"delta":{"content":"\\"model\\":\\"theirs\\" é🚀"}}]}\n\n',
      ': a comment "model":"theirs"\n\n',
      'event: message\r\ndata: {"model" : "theirs","choices":[{"model":"theirs"}]}\r\n\r\n',
      'data: {"choices":[],"model":"theirs","usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n',
      'data: [DONE]\n\n',
    ].join('');
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const answer = await playAnswer(stream, { mode: responseMode, headers: EVENTS, chunks });
    expect(answer.body.toString()).toBe(
      text
        .replace('"model":"theirs","choices":[{"delta', '"model":"mine","choices":[{"delta')
        .replace('"model" : "theirs"', '"model" : "mine"')
        .replace('"choices":[],"model":"theirs"', '"choices":[],"model":"mine"'),
    );
  });

  it.each(['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED'] as const)(
    'is the client’s in JSON, in mode %s',
    async (responseMode) => {
      const body = { model: 'mine', messages: [] };
      const { stream } = await picker.ask({ body, responseMode, headers: [[NEW, 'theirs']] });
      const text =
        '{"id":"1","choices":[{"message":{"content":"the \\"model\\":\\"theirs\\""},"model":"theirs"}],"n":12345678901234567890,"model":"theirs"}';
      const headers = [
        ['content-type', 'application/json'],
        ['content-length', String(text.length)],
      ] as const;
      const answer = await playAnswer(stream, { mode: responseMode, headers, chunks: [...text] });
      expect(answer.body.toString()).toBe(`${text.slice(0, -'"theirs"}'.length)}"mine"}`);
      const length = answer.headers.get('content-length');
      expect([undefined, String(answer.body.length)]).toContain(length);
    },
  );

  it('is the client’s in an error too, and stays where the server names another one', async () => {
    const body = { model: 'mine', messages: [] };
    const failed = await picker.ask({ body, headers: [[NEW, 'theirs']] });
    const error = await playAnswer(failed.stream, {
      status: 404,
      chunks: ['{"error":{"message":"The model `theirs` does not exist."}}'],
    });
    expect(error.body.toString()).toContain('`theirs`');
    const other = await picker.ask({ body });
    const kept = await playAnswer(other.stream, { chunks: ['{"model":"another"}'] });
    expect(kept.body.toString()).toBe('{"model":"another"}');
  });
});
