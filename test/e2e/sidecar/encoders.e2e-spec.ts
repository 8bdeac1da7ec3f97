import { afterEach, describe, expect, it } from '@jest/globals';
import {
  announcing,
  bodiesOf,
  encoderConfig,
  startEncoderFixture,
  type EncoderFixture,
} from '../../support/encoder-fixture.js';
import { freePort } from '../../support/free-port.js';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { rawValues } from '../../support/raw-answer.js';
import { until } from '../../support/raw-client.js';

const image = (name: string): string =>
  `{"type":"image_url", "image_url":{"url":"http://media/${name}"},"big":12345678901234567890}`;
const AUDIO = '{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}';
const SIX =
  '{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,' +
  '"remote_block_ids":null,"remote_host":null,"remote_port":null}';

/** A chat whose members before and behind the messages must arrive as they are. */
const chat = (parts: readonly string[], more = ''): string =>
  `{ "model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What?"},${parts.join(' ,')}]}],"seed":9007199254740993, "max_tokens":50${more}}`;
/** What an encoder gets of it. */
const encoding = (part: string, more = ''): string =>
  `{ "model":"m","messages":[{"role":"user","content":[${part}]}],"seed":9007199254740993, "max_tokens":1${more},"stream":false}`;

describe('encoders', () => {
  let fixture: EncoderFixture;
  afterEach(() => fixture.stop());
  const start = async (
    ecConnector: string | undefined,
    config: Parameters<typeof startEncoderFixture>[0] = {},
    count = 2,
  ): Promise<void> => {
    fixture = await startEncoderFixture({ ...encoderConfig(ecConnector), ...config }, count);
  };
  const prefilled = (): Record<string, string> => ({
    'x-prefiller-host-port': fixture.prefiller.hostPort,
  });
  const encoded = (): string[][] => fixture.encoders.map(bodiesOf);

  it('encode items in turn, and tell both engines of nixlv2 where embeddings are', async () => {
    await start('ec-nixl');
    for (const encoder of fixture.encoders) {
      encoder.behaviour = announcing(
        (name) => `{"hash-${name}": {"peer_host":"10.2.2.2","size":12345678901234567890}}`,
      );
    }
    const body = chat([image('a'), image('b'), image('a'), image('c')]);
    const answer = await fixture.ask(body, { headers: prefilled() });
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
    expect(encoded()).toEqual([
      [encoding(image('a')), encoding(image('c'))],
      [encoding(image('b'))],
    ]);
    const told = ['a', 'b', 'c'].map(
      (name) => `"hash-${name}": {"peer_host":"10.2.2.2","size":12345678901234567890}`,
    );
    const edited = `,"ec_transfer_params":{${told.join(',')}},"cache_hit_threshold":0`;
    const capped = body.replace('"max_tokens":50', '"max_tokens":1').slice(0, -1);
    expect(bodiesOf(fixture.prefiller)).toEqual([
      `${capped}${edited},"max_completion_tokens":1,"stream":false,"kv_transfer_params":${SIX}}`,
    ]);
    expect(bodiesOf(fixture.decoder)).toEqual([
      `${body.slice(0, -1)}${edited},"kv_transfer_params":${JSON.stringify(KV_PARAMS)}}`,
    ]);
  });

  it('encode for both legs of sglang', async () => {
    await start('ec-nixl', { kvConnector: 'sglang' }, 1);
    fixture.encoders[0]!.behaviour = announcing((name) => `{"${name}":1}`);
    const body = chat([image('a')]);
    const answer = await fixture.ask(body, { headers: prefilled() });
    expect(answer.status).toBe(200);
    await fixture.prefiller.received(1);
    const edited = `,"ec_transfer_params":{"a":1},"cache_hit_threshold":0`;
    const [prefill, decode] = [fixture.prefiller, fixture.decoder].map(
      (engine) => bodiesOf(engine)[0]!,
    );
    expect(decode).toMatch(`${body.slice(0, -1)}${edited},"bootstrap_host":"127.0.0.1"`);
    expect(prefill).toMatch(`${body.replace('50', '1').slice(0, -1)}${edited},`);
    expect(/"bootstrap_room":\d+/.exec(prefill!)![0]).toBe(
      /"bootstrap_room":\d+/.exec(decode!)![0],
    );
  });

  it.each(['nixl', 'lmcache', 'offloading'])('encode for both legs of %s', async (kvConnector) => {
    await start('ec-nixl', { kvConnector }, 1);
    fixture.encoders[0]!.behaviour = announcing((name) => `{"${name}":1}`);
    const body = chat([image('a')]);
    expect((await fixture.ask(body, { headers: prefilled() })).status).toBe(200);
    const edited = ',"ec_transfer_params":{"a":1},"cache_hit_threshold":0';
    for (const [engine, sent] of [
      [fixture.prefiller, body.replace('50', '1')],
      [fixture.decoder, body],
    ] as const) {
      expect(bodiesOf(engine)).toEqual([expect.stringContaining(sent.slice(0, -1) + edited)]);
    }
  });

  it('encode for a decoder that may pull KV, which is not told from where', async () => {
    await start('ec-nixl', { kvConnector: 'offloading' }, 1);
    const body = chat([image('a')]);
    await fixture.ask(body, { headers: { 'x-kv-cache-source-host-port': '127.0.0.1:9' } });
    expect(bodiesOf(fixture.decoder)).toEqual([`${body.slice(0, -1)},"cache_hit_threshold":0}`]);
    await until(() => fixture.log.requests.length === 1, 5000);
    for (const field of ['connector', 'kvSource']) {
      expect(fixture.log.requests[0]).not.toHaveProperty(field);
    }
  });

  it('encode for a decoder that answers in chunks, once', async () => {
    await start('ec-nixl', { decodeChunkSize: 20 }, 1);
    fixture.encoders[0]!.behaviour = announcing((name) => `{"${name}":1}`);
    let asked = 0;
    fixture.decoder.behaviour = (response, request) => {
      const finish_reason = asked++ === 0 ? 'length' : 'stop';
      const message = { role: 'assistant', content: `part ${asked}` };
      const usage = { prompt_tokens: 9, completion_tokens: 20, total_tokens: 29 };
      const choices = [{ index: 0, message, finish_reason }];
      return json({ object: 'chat.completion', choices, usage })(response, request);
    };
    const answer = await fixture.ask(chat([image('a')]));
    expect(await answer.text()).toMatch('part 1part 2');
    expect(encoded()[0]).toHaveLength(1);
    expect(bodiesOf(fixture.decoder)).toHaveLength(2);
    for (const body of bodiesOf(fixture.decoder)) {
      expect(body).toMatch(',"ec_transfer_params":{"a":1},');
    }
  });

  it('encode for a decoder alone, with stored embeddings as with fetched ones', async () => {
    await start('ec-example');
    for (const encoder of fixture.encoders) encoder.behaviour = json('no JSON at all');
    const body = chat([image('a'), AUDIO, AUDIO], ',"stream":true,"stream_options":{}');
    const answer = await fixture.ask(body);
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
    expect(encoded()).toEqual([[encoding(image('a')), encoding(AUDIO)], [encoding(AUDIO)]]);
    expect(fixture.prefiller.requests).toEqual([]);
    expect(bodiesOf(fixture.decoder)).toEqual([`${body.slice(0, -1)},"cache_hit_threshold":0}`]);
  });

  it('get every limit capped, and nothing of what other engines are told', async () => {
    await start('ec-nixl', {}, 1);
    const more =
      ',"max_completion_tokens":9,"min_tokens":5,"n":2,"best_of":3,"cache_hit_threshold":0.5,"kv_transfer_params":{"a":1},"ec_transfer_params":{"b":2},"stream":true,"stream_options":{"c":3}';
    await fixture.ask(chat([image('a')], more));
    expect(encoded()[0]).toEqual([
      encoding(
        image('a'),
        ',"max_completion_tokens":1,"min_tokens":1,"n":1,"cache_hit_threshold":0',
      ),
    ]);
    // Nothing was told, and what the client says is not followed.
    expect(bodiesOf(fixture.decoder)).toEqual([
      chat([image('a')], more)
        .replace('0.5', '0')
        .replace(',"ec_transfer_params":{"b":2}', ''),
    ]);
  });

  it('get the fields of the client, an id of their own, and no routing fields', async () => {
    await start('ec-nixl', {}, 1);
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'v=1' };
    await fixture.ask(chat([image('a'), AUDIO]), {
      headers: {
        ...{ ...trace, ...prefilled(), authorization: 'Bearer key', cookie: 'c=d' },
        ...{ 'x-request-id': 'asked', 'accept-encoding': 'gzip' },
      },
    });
    const requests = fixture.encoders[0]!.requests;
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array(2).fill('POST /v1/chat/completions'),
    );
    for (const [item, { rawHeaders, headers }] of requests.entries()) {
      expect(rawValues(rawHeaders, 'x-request-id')).toEqual([`asked-enc-${item}`]);
      expect(headers).toMatchObject({
        ...{ ...trace, authorization: 'Bearer key', cookie: 'c=d' },
        ...{ 'content-type': 'application/json', 'accept-encoding': 'identity' },
      });
      const named = Object.keys(headers).filter((name) => /^x-(enc|pre|kv)/.test(name));
      expect(named).toEqual([]);
    }
    for (const { last } of [fixture.prefiller, fixture.decoder]) {
      expect(rawValues(last.rawHeaders, 'x-request-id')).toEqual(['asked']);
      expect(last.headers).not.toHaveProperty('x-encoder-hosts-ports');
    }
  });

  it('are left out for text, which is answered whatever is cached', async () => {
    await start('ec-nixl');
    const answer = await fixture.ask('{"messages":[{"role":"user","content":"Hi"}]}');
    expect(answer.status).toBe(200);
    const ready = fixture.log.lines.find(({ message }) => message === 'ready');
    expect(ready?.fields).toMatchObject({ connector: 'nixlv2', ecConnector: 'ec-nixl' });
    expect(encoded()).toEqual([[], []]);
    expect(bodiesOf(fixture.decoder)).toEqual([
      '{"messages":[{"role":"user","content":"Hi"}],"cache_hit_threshold":0}',
    ]);
    await until(() => fixture.log.requests.length === 1, 5000);
    expect(fixture.log.requests[0]).not.toHaveProperty('encodeMs');
  });

  it.each(['', undefined])('are ignored where no connector is set (%j)', async (name) => {
    await start(name);
    const body = chat([image('a')]);
    await fixture.ask(body);
    expect([...encoded(), bodiesOf(fixture.decoder)]).toEqual([[], [], [body]]);
    expect(fixture.decoder.last.headers).not.toHaveProperty('x-encoder-hosts-ports');
    const wrong = await fixture.ask(body, { headers: { 'x-encoder-hosts-ports': 'a:1/path' } });
    expect(wrong.status).toBe(400);
  });

  it('leave a threshold to shared-storage, which prefills where it is refused', async () => {
    await start('ec-nixl', { kvConnector: 'shared-storage' }, 1);
    fixture.encoders[0]!.behaviour = announcing((name) => `{"${name}":1}`);
    let asked = 0;
    fixture.decoder.behaviour = (response, request) =>
      json({ choices: [{ finish_reason: asked++ === 0 ? 'cache_threshold' : 'stop' }] })(
        response,
        request,
      );
    const body = chat([image('a')], ',"cache_hit_threshold":0.8');
    await (await fixture.ask(body, { headers: prefilled() })).text();
    const first = `${body.slice(0, -1)},"ec_transfer_params":{"a":1}}`;
    expect(bodiesOf(fixture.decoder)).toEqual([first, first.replace('0.8', '0')]);
    expect(bodiesOf(fixture.prefiller)[0]).toMatch('"cache_hit_threshold":0,');
    await (await fixture.ask(chat([image('a')]), { headers: prefilled() })).text();
    expect(bodiesOf(fixture.decoder)).toHaveLength(3);
    expect(fixture.prefiller.requests).toHaveLength(2);
  });

  it('are waited for, and the last one that tells of a hash counts', async () => {
    await start('ec-nixl', { metricsPort: await freePort() });
    for (const [position, encoder] of fixture.encoders.entries()) {
      encoder.behaviour = announcing((name) =>
        name === 'd' ? 'null' : `{"same":${position}.50, "${name}":{}}`,
      );
    }
    await fixture.ask(chat([image('a'), image('b'), image('c'), image('d')]));
    expect(bodiesOf(fixture.decoder)[0]).toMatch(
      '"ec_transfer_params":{"same":0.50,"a":{},"b":{},"c":{}},',
    );
    expect(fixture.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('without ec_transfer_params') as unknown,
        fields: expect.objectContaining({
          items: 1,
          encoders: [fixture.encoders[1]!.hostPort],
        }) as unknown,
      }),
    ]);
    await until(() => fixture.log.requests.length === 1, 5000);
    expect(fixture.log.requests[0]).toMatchObject({ encodeMs: expect.any(Number) });
    const metrics = await readMetrics(fixture.opsUrl);
    expect(metrics.get('sidecar_encode_duration_seconds_count')).toBe(1);
  });

  const ITEMS: Record<string, [body: string, item: string, limit: string]> = {
    '/v1/messages': [
      '{"max_tokens":9,"system":"s","messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://media/a"}}]}]}',
      '{"max_tokens":1,"system":"s","messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://media/a"}}]}],"stream":false}',
      'max_tokens',
    ],
    '/v1/responses': [
      '{"input":[{"role":"user","content":[{"type":"input_image","image_url":"http://media/a"}]}],"background":true,"previous_response_id":"r"}',
      '{"input":[{"role":"user","content":[{"type":"input_image","image_url":"http://media/a"}]}],"max_output_tokens":1,"stream":false}',
      'max_output_tokens',
    ],
  };

  it.each(Object.keys(ITEMS))('encode the items of %s as it spells them', async (path) => {
    await start('ec-nixl', {}, 1);
    fixture.encoders[0]!.behaviour = announcing((name) => `{"${name}":1}`);
    const [body, item, limit] = ITEMS[path]!;
    await fixture.ask(body, { path, headers: prefilled() });
    expect(fixture.encoders[0]!.last.url).toBe(path);
    expect(encoded()[0]).toEqual([item]);
    const edited = `${body.slice(0, -1)},"ec_transfer_params":{"a":1},"cache_hit_threshold":0,`;
    expect(bodiesOf(fixture.decoder)[0]).toMatch(edited);
    const prefill = JSON.parse(bodiesOf(fixture.prefiller)[0]!) as Record<string, unknown>;
    expect(prefill).toMatchObject({ ec_transfer_params: { a: 1 }, [limit]: 1 });
  });

  it.each(['/v1/completions', '/inference/v1/generate'])(
    'have nothing to do with %s',
    async (path) => {
      await start('ec-nixl');
      await fixture.ask('{"prompt":"x"}', { path, headers: prefilled() });
      expect(encoded()).toEqual([[], []]);
      expect(bodiesOf(fixture.decoder)[0]).toMatch('{"prompt":"x","cache_hit_threshold":0,');
    },
  );
});
