import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chatEngine } from '../../support/chat-engine.js';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { answeredParams, kvParamsOf, writeMode } from '../../support/moriio.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const WORDS = ['a', ' b', ' c', ' d', ' e'];
const MESSAGES = '{"messages":[{"role":"user","content":"x"}';
const ASKED = `${MESSAGES}],"max_tokens":5`;
const first = (more: string): string =>
  `${MESSAGES}],"max_tokens":3${more},"max_completion_tokens":3}`;
const second = (more = ''): string =>
  `${MESSAGES},{"role":"assistant","content":"a b c"}],"max_tokens":2${more},"max_completion_tokens":2,"continue_final_message":true,"add_generation_prompt":false}`;

describe('chunked decode after a prefill', () => {
  let fixture: SidecarFixture;
  beforeEach(async () => {
    fixture = await startFixture({ decodeChunkSize: 3, retryBackoff: 5 });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
  });
  afterEach(() => fixture.stop());

  const bodies = (): string[] => fixture.decoder.requests.map(({ body }) => body.toString());
  const ask = async (connector: string, body = `${ASKED}}`): Promise<string> => {
    const headers = { 'x-connector-protocol': connector };
    return (await postPrefilled(fixture, body, { headers })).text();
  };
  const text = (answer: string): string =>
    [...answer.matchAll(/"content":("[^"]*")/g)]
      .map(([, one]) => JSON.parse(one!) as string)
      .join('');

  it('hands over by kv_transfer_params once, and tells the prefiller’s cached tokens (nixlv2)', async () => {
    fixture.prefiller.behaviour = json({
      usage: { prompt_tokens_details: { cached_tokens: 2 } },
      kv_transfer_params: KV_PARAMS,
    });
    const answer = await ask('nixlv2', `${ASKED},"seed":7}`);
    const params = `,"kv_transfer_params":${JSON.stringify(KV_PARAMS)}`;
    const [one, two] = bodies();
    expect(one).toBe(`${MESSAGES}],"max_tokens":3,"seed":7${params},"max_completion_tokens":3}`);
    expect(two).toBe(second(',"seed":8'));
    expect(JSON.parse(answer)).toMatchObject({
      choices: [{ message: { content: 'a b c d e' }, finish_reason: 'length' }],
      usage: {
        prompt_tokens: 7,
        completion_tokens: 5,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 2 },
      },
    });
    expect(fixture.prefiller.last.body.toString()).toContain('"max_tokens":1');
    expect(new Set(fixture.decoder.requests.map((r) => r.headers['x-request-id'])).size).toBe(1);
  });

  it('does the same with a stream', async () => {
    const usage = ',"stream":true,"stream_options":{"include_usage":true}';
    fixture.prefiller.behaviour = json({
      usage: { prompt_tokens_details: { cached_tokens: 2 } },
      kv_transfer_params: KV_PARAMS,
    });
    const answer = await ask('nixlv2', `${ASKED}${usage}}`);
    expect(text(answer)).toBe('a b c d e');
    expect(answer).toMatch(
      /"usage":\{"prompt_tokens":7,"total_tokens":12,"completion_tokens":5,"prompt_tokens_details":\{"cached_tokens":2\}\}\}\n\ndata: \[DONE\]\n\n$/,
    );
    expect(bodies()[1]).toBe(second(usage));
  });

  it('hands over by members of the body once (nixl)', async () => {
    fixture.prefiller.behaviour = json({ remote_block_ids: [1], remote_port: 5 });
    expect(text(await ask('nixl'))).toBe('a b c d e');
    expect(bodies()).toEqual([
      first(
        ',"remote_block_ids":[1],"remote_engine_id":null,"remote_host":null,"remote_port":5,"do_remote_prefill":true',
      ),
      second(),
    ]);
  });

  it('divides what is decoded after a prefill that hands nothing over (lmcache)', async () => {
    expect(text(await ask('lmcache'))).toBe('a b c d e');
    expect(bodies()).toEqual([first(''), second()]);
  });

  it.each(['', ',"stream":true'])(
    'divides what a decoder did not refuse, and what follows a refusal (shared-storage%s)',
    async (more) => {
      const asked = `${ASKED}${more},"cache_hit_threshold":0.5}`;
      expect(text(await ask('shared-storage', asked))).toBe('a b c d e');
      expect(bodies()).toEqual([first(`${more},"cache_hit_threshold":0.5`), second(more)]);
      expect(fixture.prefiller.requests).toHaveLength(0);

      fixture.decoder.requests.length = 0;
      const speak = fixture.decoder.behaviour;
      const refused = { choices: [{ index: 0, finish_reason: 'cache_threshold', delta: {} }] };
      fixture.decoder.behaviour = (response, request) => {
        if (fixture.decoder.requests.length > 1) return speak(response, request);
        if (more === '') return json(refused)(response, request);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`data: ${JSON.stringify(refused)}\n\ndata: [DONE]\n\n`);
      };
      expect(text(await ask('shared-storage', asked))).toBe('a b c d e');
      expect(fixture.prefiller.requests).toHaveLength(1);
      expect(bodies()).toEqual([
        first(`${more},"cache_hit_threshold":0.5`),
        first(`${more},"cache_hit_threshold":0`),
        second(more),
      ]);
    },
  );

  it('leaves the name of the hand-over out of later chunks (offloading)', async () => {
    expect(text(await ask('offloading'))).toBe('a b c d e');
    const [one, two] = bodies();
    expect(one).toMatch(/,"kv_transfer_params":\{"remote_prefiller":\{[^}]*\}\},"max_completion/);
    expect(two).toBe(second());
  });

  const restart = async (...flags: string[]): Promise<void> => {
    await fixture.stop();
    fixture = await startFixture({ ...writeMode(...flags), decodeChunkSize: 3, retryBackoff: 5 });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
    fixture.prefiller.behaviour = (response, request) =>
      json({ kv_transfer_params: answeredParams(kvParamsOf(request)['transfer_id'], 5) })(
        response,
        request,
      );
  };

  it('goes on at the rank that has the cache (moriio)', async () => {
    await restart('--moriio-dp-size=8');
    expect(text(await ask('moriio'))).toBe('a b c d e');
    expect(bodies()[1]).toBe(second());
    const ranks = fixture.decoder.requests.map((one) => one.headers['x-data-parallel-rank']);
    expect(ranks).toEqual(['5', '5']);
  });

  it.each(['', ',"stream":true'])(
    'gives what becomes of both legs at once (moriio in parallel%s)',
    async (more) => {
      await restart('--moriio-parallel-dispatch');
      expect(text(await ask('moriio', `${ASKED}${more}}`))).toBe('a b c d e');
      expect(bodies()[1]).toBe(second(more));
      fixture.prefiller.behaviour = async (response, request) => {
        await fixture.decoder.received(3);
        await json({ why: 1 }, 422)(response, request);
      };
      expect(await ask('moriio', `${ASKED}${more}}`)).toBe('{"why":1}');
    },
  );

  it('leaves the answer in one piece where no request goes without a prefill (sglang)', async () => {
    expect(text(await ask('sglang'))).toBe('a b c d e');
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toContain('"max_tokens":5,"bootstrap_host"');
  });

  it('sends a prefiller’s refusal on', async () => {
    fixture.prefiller.behaviour = json({ why: 1 }, 422);
    expect(await ask('nixlv2')).toBe('{"why":1}');
    expect(bodies()).toEqual([]);
  });
});
