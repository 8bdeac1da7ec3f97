import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const ASK_KV =
  '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,' +
  '"remote_block_ids":null,"remote_host":null,"remote_port":null}';
const KV = JSON.stringify(KV_PARAMS);

/** Members of a JSON object by name, as the text that stands there. */
function members(body: Buffer): Record<string, unknown> {
  return JSON.parse(body.toString()) as Record<string, unknown>;
}

describe('the legs of a disaggregated request', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());

  /** @returns the bodies of both legs */
  async function legs(path: string, body: string, connector = 'nixlv2'): Promise<[Buffer, Buffer]> {
    const counts = [fixture.prefiller.requests.length, fixture.decoder.requests.length];
    const headers = { 'x-connector-protocol': connector };
    const answer = await postPrefilled(fixture, body, { path, headers });
    expect(answer.status).toBe(200);
    expect(fixture.prefiller.requests).toHaveLength(counts[0]! + 1);
    expect(fixture.decoder.requests).toHaveLength(counts[1]! + 1);
    expect([fixture.prefiller.last.url, fixture.decoder.last.url]).toEqual([path, path]);
    expect([fixture.prefiller.last.method, fixture.decoder.last.method]).toEqual(['POST', 'POST']);
    return [fixture.prefiller.last.body, fixture.decoder.last.body];
  }

  const limits =
    '"max_tokens":50,"min_tokens":5,"n":4,"best_of":8,"stream":true,"stream_options":{"include_usage":true}';
  it.each([
    [
      '/v1/chat/completions',
      `{"model":"m","messages":[],${limits},"max_completion_tokens":60}`,
      { max_tokens: 1, min_tokens: 1, n: 1, max_completion_tokens: 1, messages: [] },
    ],
    ['/v1/chat/completions', '{"model":"m"}', { max_tokens: 1, max_completion_tokens: 1 }],
    [
      '/v1/completions',
      `{"model":"m","prompt":"x",${limits}}`,
      { max_tokens: 1, min_tokens: 1, n: 1, prompt: 'x' },
    ],
    ['/v1/completions', '{"model":"m"}', { max_tokens: 1 }],
    ['/v1/messages', `{"model":"m",${limits}}`, { max_tokens: 1, min_tokens: 1, n: 1 }],
    ['/v1/messages', '{"model":"m"}', { max_tokens: 1 }],
    [
      '/v1/responses',
      '{"model":"m","input":"x","max_output_tokens":50,"stream":true}',
      { max_output_tokens: 1, input: 'x' },
    ],
    ['/v1/responses', '{"model":"m"}', { max_output_tokens: 1 }],
    [
      '/inference/v1/generate',
      '{"model":"m","token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":50,"min_tokens":3,"n":2,"best_of":3}}',
      { token_ids: [1], sampling_params: { temperature: 0.5, max_tokens: 1, min_tokens: 1, n: 1 } },
    ],
    ['/inference/v1/generate', '{"model":"m"}', { sampling_params: { max_tokens: 1 } }],
    [
      '/inference/v1/generate',
      '{"model":"m","sampling_params":{}}',
      { sampling_params: { max_tokens: 1 } },
    ],
  ])('ask a nixlv2 prefiller at %s for one token of %s', async (path, body, expected) => {
    const [prefill, decode] = await legs(path, body);
    expect(members(prefill)).toEqual({
      model: 'm',
      ...expected,
      stream: false,
      kv_transfer_params: {
        ...{ do_remote_decode: true, do_remote_prefill: false, remote_engine_id: null },
        ...{ remote_block_ids: null, remote_host: null, remote_port: null },
      },
    });
    expect(prefill.toString()).toContain(ASK_KV);
    expect(decode.toString()).toBe(`${body.slice(0, -1)},"kv_transfer_params":${KV}}`);
  });

  const PATHS = [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/messages',
    '/v1/responses',
    '/inference/v1/generate',
  ];
  const LIMIT: Record<string, string> = { '/v1/responses': 'max_output_tokens' };

  it.each(PATHS)('carry nixl’s members at the top level at %s', async (path) => {
    const handed = {
      remote_block_ids: [1],
      remote_engine_id: 'e',
      remote_host: 'h',
      remote_port: 5,
    };
    fixture.prefiller.behaviour = json({ ...handed, other: 1 });
    const body = '{"model":"m","stream":true,"stream_options":{}}';
    const [prefill, decode] = await legs(path, body, 'nixl');
    const limit = path.startsWith('/inference')
      ? { sampling_params: { max_tokens: 1 } }
      : { [LIMIT[path] ?? 'max_tokens']: 1 };
    const more = path.includes('chat') ? { max_completion_tokens: 1 } : {};
    expect(members(prefill)).toEqual({
      model: 'm',
      stream: false,
      do_remote_decode: true,
      ...limit,
      ...more,
    });
    expect(members(decode)).toEqual({
      ...members(Buffer.from(body)),
      ...handed,
      do_remote_prefill: true,
    });
    fixture.prefiller.behaviour = json({ kv_transfer_params: KV_PARAMS });
  });

  it.each(PATHS)('change nothing but limits for lmcache at %s', async (path) => {
    const body = '{"model":"m","x":9007199254740993}';
    const [prefill, decode] = await legs(path, body, 'lmcache');
    expect(decode.toString()).toBe(body);
    expect(members(prefill)).not.toHaveProperty('kv_transfer_params');
    expect(prefill.toString()).toContain('"x":9007199254740993');
    expect(prefill.toString()).toMatch(/"max_(output_)?tokens":1\b/);
  });

  it('carry the answer’s kv_transfer_params byte for byte', async () => {
    const odd =
      '{ "z" : 18446744073709551615, "a":1.0e+400,"u":"\\u00e9\\/", "n":null,\n"l":[[ ]], "a":2 }';
    fixture.prefiller.behaviour = json(`{"id":"p","kv_transfer_params": ${odd} ,"usage":null}`);
    const [, decode] = await legs('/v1/completions', '{"a":1}');
    expect(decode.toString()).toBe(`{"a":1,"kv_transfer_params":${odd}}`);
    fixture.prefiller.behaviour = json({ kv_transfer_params: KV_PARAMS });
  });

  it('carry every other byte as it was sent', async () => {
    const body =
      '\r\n { "seed" : 9007199254740993 , "f":1.0,"e":1e400,"m":-0,"t":0.1e-7,"s":"\\u00e9\\/é\\ud83d\\ude00","dup":1,"dup":2,' +
      '"logit_bias":{"10":1,"2":-1},"__proto__":{"x":1},"nested":{"max_tokens":7,"stream":true},"max_tokens" : 50 }\n';
    const [prefill, decode] = await legs('/v1/completions', body);
    const open = body.lastIndexOf('}');
    expect(decode.toString().replace(/,"kv_transfer_params":.*\}(\s*\}\s*)$/s, '$1')).toMatch(
      /^\r\n/,
    );
    expect(decode.toString().startsWith(body.slice(0, open).trimEnd())).toBe(true);
    const until = body.indexOf('"max_tokens" :');
    expect(prefill.toString().startsWith(`${body.slice(0, until)}"max_tokens" : 1`)).toBe(true);
  });

  it('edit each of repeated members, so that engines cannot disagree', async () => {
    const body =
      '{"max_tokens":5,"stream":true,"max_tokens":6,"stream":true,"kv_transfer_params":{"remote_host":"evil"},' +
      '"stream_options":{},"kv_transfer_params":1,"stream_options":{},"m\\u0061x_tokens":7}';
    const [prefill, decode] = await legs('/v1/completions', body);
    expect(prefill.toString()).not.toMatch(/:\s*[567]\b|true,"max|stream_options|evil/);
    expect(prefill.toString().match(/"m(a|\\u0061)x_tokens":1/g)).toHaveLength(3);
    expect(decode.toString()).not.toContain('evil');
    const params = [...decode.toString().matchAll(/"kv_transfer_params":(\{[^}]*\}|\d)/g)];
    for (const [, value] of params) expect(value).toBe(KV);
    expect(params.length).toBeGreaterThan(0);
  });

  it('leave out limits of the wrong place', async () => {
    const body = '{"sampling_params":{"max_tokens":9},"max_tokens":9}';
    const [prefill] = await legs('/inference/v1/generate', body);
    expect(members(prefill)['sampling_params']).toEqual({ max_tokens: 1 });
  });

  it.each(['null', '5', '"x"', '[]'])('make limits of sampling_params %s', async (value) => {
    const [prefill] = await legs('/inference/v1/generate', `{"sampling_params":${value}}`);
    expect(members(prefill)['sampling_params']).toEqual({ max_tokens: 1 });
  });

  it('keep the query of the request', async () => {
    await postPrefilled(fixture, '{}', { path: '/v1/completions?x=%zz&y' });
    expect(fixture.prefiller.last.url).toBe('/v1/completions?x=%zz&y');
    expect(fixture.decoder.last.url).toBe('/v1/completions?x=%zz&y');
  });
});

describe('x-connector-protocol', () => {
  it('does not choose a connector that is not allowed', async () => {
    const fixture = await startFixture({ allowedConnectors: ['nixlv2'] });
    try {
      const ask = (name: string): Promise<Response> =>
        postPrefilled(fixture, '{}', { headers: { 'x-connector-protocol': name } });
      for (const name of [
        'nixl',
        'lmcache',
        'sglang',
        'NIXLV2',
        'nixlv2,nixl',
        '__proto__',
        'constructor',
      ]) {
        expect([name, (await ask(name)).status]).toEqual([name, 400]);
      }
      expect((await ask('nixlv2')).status).toBe(200);
      expect(fixture.prefiller.requests).toHaveLength(1);
    } finally {
      await fixture.stop();
    }
  });

  it('is not looked at without a prefiller', async () => {
    const fixture = await startFixture();
    try {
      const headers = { 'x-connector-protocol': 'nonsense', 'x-prefiller-host-port': '' };
      expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    } finally {
      await fixture.stop();
    }
  });
});

describe('--kv-connector', () => {
  it.each(['nixl', 'lmcache'] as const)(
    '%s serves requests that name none',
    async (kvConnector) => {
      const fixture = await startFixture({ kvConnector });
      try {
        expect((await postPrefilled(fixture, '{}')).status).toBe(200);
        expect(fixture.prefiller.last.headers['x-kv-connector']).toBe(kvConnector);
        const deprecations = fixture.log.lines.filter(({ message }) =>
          message.includes('deprecated'),
        );
        expect(deprecations).toHaveLength(1);
      } finally {
        await fixture.stop();
      }
    },
  );
});
