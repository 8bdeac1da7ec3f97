import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

/** How one API tells of its usage. */
interface ApiCase {
  readonly path: string;
  /** The prefiller's usage. */
  readonly prefill: string;
  /** The decoder's usage. */
  readonly sent: string;
  /** What the client is to see. */
  readonly seen: string;
  /** The member that wraps usage in some events. */
  readonly wrapper?: string;
}

const APIS: ApiCase[] = [
  {
    path: '/v1/chat/completions',
    prefill: '{"prompt_tokens_details":{"cached_tokens":7}}',
    sent: '{"prompt_tokens": 90,"prompt_tokens_details":{"audio":0,"cached_tokens":89}}',
    seen: '{"prompt_tokens": 90,"prompt_tokens_details":{"audio":0,"cached_tokens":7}}',
  },
  {
    path: '/v1/completions',
    prefill: '{"prompt_tokens_details":{"cached_tokens":7}}',
    sent: '{"prompt_tokens":90}',
    seen: '{"prompt_tokens":90,"prompt_tokens_details":{"cached_tokens":7}}',
  },
  {
    path: '/v1/completions',
    prefill: '{"prompt_tokens_details":null}',
    sent: '{"prompt_tokens_details":{"cached_tokens":89}}',
    seen: '{"prompt_tokens_details":{"cached_tokens":0}}',
  },
  {
    path: '/v1/completions',
    prefill: '{"prompt_tokens_details":{"cached_tokens":7}}',
    sent: '{"prompt_tokens_details":null,"x":1}',
    seen: '{"prompt_tokens_details":{"cached_tokens":7},"x":1}',
  },
  {
    path: '/v1/responses',
    prefill: '{"input_tokens_details":{"cached_tokens":7}}',
    sent: '{"input_tokens":90,"input_tokens_details":{"cached_tokens":89}}',
    seen: '{"input_tokens":90,"input_tokens_details":{"cached_tokens":7}}',
    wrapper: 'response',
  },
  {
    path: '/v1/messages',
    prefill: '{"input_tokens":1,"cache_read_input_tokens":7}',
    sent: '{"input_tokens":90,"cache_read_input_tokens":89,"output_tokens":3}',
    seen: '{"input_tokens":90,"cache_read_input_tokens":7,"output_tokens":3}',
    wrapper: 'message',
  },
];

describe('the count of cached tokens', () => {
  let fixture: SidecarFixture;
  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(() => fixture.stop());

  function prefillUsage(usage: string): void {
    fixture.prefiller.behaviour = json(`{"kv_transfer_params":{"a":1},"usage":${usage}}`);
  }

  /** Answers with these bytes, `size` a write. */
  function answer(type: string, text: string, size: number): void {
    const bytes = Buffer.from(text);
    fixture.decoder.behaviour = async (response) => {
      response.writeHead(200, { 'content-type': type });
      for (let at = 0; at < bytes.length; at += size) {
        response.write(bytes.subarray(at, at + size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
  }

  it.each(APIS)(
    'is the prefiller’s in an answer of $path ($prefill)',
    async ({ path, prefill, sent, seen }) => {
      prefillUsage(prefill);
      for (const size of [1, 7, 10_000]) {
        answer(
          'application/json; charset=utf-8',
          `{"id": "é\\u00e9","n":1.0,"usage": ${sent} }\n`,
          size,
        );
        const text = await (await postPrefilled(fixture, '{}', { path })).text();
        expect(text).toBe(`{"id": "é\\u00e9","n":1.0,"usage": ${seen} }\n`);
      }
    },
  );

  it.each(APIS)(
    'is the prefiller’s in events of $path ($prefill)',
    async ({ path, prefill, sent, seen, wrapper }) => {
      prefillUsage(prefill);
      const stream = (usage: string): string => {
        const wrapped = wrapper ? `data: {"type":"x","${wrapper}":{"usage":${usage}}}\r\n\r\n` : '';
        return (
          'event: e\ndata: {"choices":[{"text":"é \\"usage\\": {}"}],"usage":null}\n\n: comment "usage"\n\n' +
          `${wrapped}data:{"usage": ${usage}}\n\ndata: {"usage":${usage},\ndata: [DONE]\n\ndata: {"usage":${usage}}`
        );
      };
      for (const size of [1, 13, 10_000]) {
        answer('text/event-stream', stream(sent), size);
        const text = await (await postPrefilled(fixture, '{"stream":true}', { path })).text();
        const broken = `data: {"usage":${sent},\n`;
        expect(text).toBe(stream(seen).replace(`data: {"usage":${seen},\n`, broken));
      }
    },
  );

  it('leaves a null usage, other types and what is no JSON alone', async () => {
    prefillUsage('{"prompt_tokens_details":{"cached_tokens":7}}');
    for (const [type, text] of [
      ['application/json', '{"usage":null}'],
      ['application/json', '{"usage":5}'],
      ['application/json', '{"choices":[{"usage":{"a":1}}]}'],
      ['application/json', 'no json "usage" {'],
      ['application/json', ''],
      ['text/plain', '{"usage":{}}'],
      ['text/event-stream', 'data: [1,{"usage":{}}]\n\n'],
      ['text/event-stream', 'id: {"usage":{}}\n\n'],
    ] as const) {
      answer(type, text, 5);
      expect(await (await postPrefilled(fixture, '{}')).text()).toBe(text);
    }
  });

  it('is not touched without a prefill', async () => {
    const text = '{"usage":{"prompt_tokens_details":{"cached_tokens":89}}}';
    answer('application/json', text, 100);
    const headers = { 'x-prefiller-host-port': '' };
    expect(await (await postPrefilled(fixture, '{}', { headers })).text()).toBe(text);
  });

  it('leaves a coded answer alone', async () => {
    prefillUsage('{"prompt_tokens_details":{"cached_tokens":7}}');
    const text = '{"usage":{"prompt_tokens_details":{"cached_tokens":89}}}';
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'identity',
      });
      response.end(text);
    };
    const answered = await postPrefilled(fixture, '{}');
    expect(answered.status).toBe(200);
    expect(await answered.text()).toMatch(/"cached_tokens":(7|89)/);
  });

  it('changes the length of the answer with it', async () => {
    prefillUsage('{"prompt_tokens_details":{"cached_tokens":1234567}}');
    fixture.decoder.behaviour = json('{"usage":{"prompt_tokens_details":{"cached_tokens":1}}}');
    const answered = await postPrefilled(fixture, '{}');
    const text = await answered.text();
    expect(text).toBe('{"usage":{"prompt_tokens_details":{"cached_tokens":1234567}}}');
    expect(answered.headers.get('content-length')).toBe(String(text.length));
  });

  it('is the prefiller’s in a decoder’s error too, without harm to it', async () => {
    prefillUsage('{}');
    fixture.decoder.behaviour = json('{"error":{"message":"m","usage":{}}}', 422);
    const answered = await postPrefilled(fixture, '{}');
    expect([answered.status, await answered.text()]).toEqual([
      422,
      '{"error":{"message":"m","usage":{}}}',
    ]);
  });

  it('does not delay events that do not carry it', async () => {
    prefillUsage('{}');
    let more: (() => void) | undefined;
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"a":1}\n\n');
      more = () => response.end('data: [DONE]\n\n');
    };
    const answered = await postPrefilled(fixture, '{}');
    const reader = answered.body!.getReader();
    expect(Buffer.from((await reader.read()).value).toString()).toBe('data: {"a":1}\n\n');
    more!();
    expect(Buffer.from((await reader.read()).value).toString()).toBe('data: [DONE]\n\n');
    expect((await reader.read()).done).toBe(true);
  });
});
