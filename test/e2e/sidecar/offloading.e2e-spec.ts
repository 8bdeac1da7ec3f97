import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { events, FakeEngine, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { LIMITED_MEMBERS } from '../../support/limited-bodies.js';
import { freePort, freePorts } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { handOversIn, withNamedHandOvers } from '../../support/peer-params.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const PORT = 7001;
const KEEP = '"kv_transfer_params":{"remote_decoder":{"kv_request_id":"U"}}';
const fetchFrom = (host: string): string =>
  `"kv_transfer_params":{"remote_prefiller":{"kv_request_id":"U","remote_host":"${host}","remote_port":${PORT}}}`;
const FETCH = fetchFrom('127.0.0.1');
const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => void response.socket?.resetAndDestroy();

describe('offloading', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  const start = async (config: Parameters<typeof startFixture>[0] = {}): Promise<void> => {
    fixture = await startFixture({
      kvConnector: 'offloading',
      connectorSettings: { p2pConnectorPort: PORT },
      metricsPort: await freePort(),
      retryBackoff: 5,
      ...config,
    });
    fixture.prefiller.behaviour = json({ choices: [] });
    client = await RawClient.connect(fixture.sidecar.port);
  };
  const stop = async (): Promise<void> => {
    client.destroy();
    await fixture.stop();
  };
  beforeEach(() => start());
  afterEach(stop);

  const path = '/v1/completions';
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);
  const asked = (): number[] =>
    [fixture.prefiller, fixture.decoder].map(({ requests }) => requests.length);
  const accessLine = async (): Promise<object> => {
    await until(() => fixture.log.requests.length === 1, 5000);
    return fixture.log.requests[0]!;
  };

  it.each(LIMITED_MEMBERS)(
    'tells both engines of %s the name of their hand-over, byte for byte',
    async (at, all, one) => {
      const seed = '{"f":1.0, "seed":12345678901234567890';
      const sent = `${seed},${all},"stream":true,"stream_options":{"include_usage":true}}`;
      fixture.decoder.behaviour = events(['{"a":1}', '[DONE]']);
      const answer = await postPrefilled(fixture, sent, { path: at });
      expect([answer.status, await answer.text()]).toEqual([
        200,
        'data: {"a":1}\n\ndata: [DONE]\n\n',
      ]);
      const { prefiller, decoder } = fixture;
      expect(withNamedHandOvers(prefiller.last.body, decoder.last.body)).toEqual([
        `${seed},${one},"stream":false,${KEEP}}`,
        `${sent.slice(0, -1)},${FETCH}}`,
      ]);
      expect([prefiller.last.url, decoder.last.url]).toEqual([at, at]);
      expect(prefiller.last.headers).toMatchObject({ 'x-kv-connector': 'offloading' });
      expect(decoder.last.headers).not.toHaveProperty('x-kv-connector');
      expect(decoder.last.headers['x-request-id']).toBe(prefiller.last.headers['x-request-id']);
    },
  );

  it.each([
    ['/v1/chat/completions', '"max_tokens":1,"max_completion_tokens":1'],
    ['/v1/completions', '"max_tokens":1'],
    ['/v1/messages', '"max_tokens":1'],
    ['/v1/responses', '"max_output_tokens":1'],
    ['/inference/v1/generate', '"sampling_params":{"max_tokens":1}'],
  ])('limits a prefill of %s whose client set no limit', async (at, limit) => {
    await postPrefilled(fixture, '{"a":1.0}', { path: at });
    expect(withNamedHandOvers(fixture.prefiller.last.body, fixture.decoder.last.body)).toEqual([
      `{"a":1.0,${limit},"stream":false,${KEEP}}`,
      `{"a":1.0,${FETCH}}`,
    ]);
  });

  it('lets no parameters of a client reach an engine', async () => {
    const body = '{"kv_transfer_params":{"remote_prefiller":{"remote_host":"evil"}},"a":1}';
    await postPrefilled(fixture, body, { path });
    expect(withNamedHandOvers(fixture.prefiller.last.body, fixture.decoder.last.body)).toEqual([
      `{${KEEP},"a":1,"max_tokens":1,"stream":false}`,
      `{${FETCH},"a":1}`,
    ]);
  });

  it('relays the answer as it came, and names each hand-over anew', async () => {
    const text = '{ "usage":{"prompt_tokens":50, "prompt_tokens_details":{"cached_tokens":49}}}';
    fixture.decoder.behaviour = json(text);
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await postPrefilled(fixture, '{}')).text()),
    );
    expect(new Set(answers)).toEqual(new Set([text]));
    const names = fixture.decoder.requests.flatMap(({ body }) => handOversIn(body));
    expect(new Set(names).size).toBe(10);
    const kept = fixture.prefiller.requests.flatMap(({ body }) => handOversIn(body));
    expect(new Set(kept)).toEqual(new Set(names));
    await until(() => fixture.log.requests.length === 10, 5000);
    expect(fixture.log.requests[0]).toMatchObject({
      ...{ connector: 'offloading', prefiller: fixture.prefiller.hostPort },
      ...{ prefillMs: expect.any(Number), decodeMs: expect.any(Number) },
    });
    expect(await metric('sidecar_prefill_without_kv_params_total')).toBe(0);
  });

  it('decodes nothing before the prefill is done', async () => {
    let done!: () => void;
    fixture.prefiller.behaviour = (response) => {
      done = () => void response.end('{}');
    };
    const answer = postPrefilled(fixture, '{}');
    await fixture.prefiller.received(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(fixture.decoder.requests).toHaveLength(0);
    done();
    expect((await answer).status).toBe(200);
  });

  it('serves requests that choose it, with long prompts too', async () => {
    await stop();
    await start({ kvConnector: 'nixlv2' });
    const body = `{"prompt":"${'x'.repeat(300_000)}"}`;
    const headers = { 'x-connector-protocol': 'offloading' };
    expect((await postPrefilled(fixture, body, { headers })).status).toBe(200);
    const [sent] = withNamedHandOvers(fixture.decoder.last.body);
    expect(sent === `${body.slice(0, -1)},${FETCH}}`).toBe(true);
  });

  it('hands over from whichever prefiller did it, under the name of that attempt', async () => {
    const second = await FakeEngine.start(json({}), 0, undefined, '127.0.0.2');
    try {
      fixture.prefiller.behaviour = json('busy', 503);
      const candidates = `${fixture.prefiller.hostPort},${second.hostPort}`;
      const headers = { 'x-prefiller-host-port': candidates };
      expect((await postPrefilled(fixture, '{}', { path, headers })).status).toBe(200);
      const [, kept, fetched] = withNamedHandOvers(
        fixture.prefiller.last.body,
        second.last.body,
        fixture.decoder.last.body,
      );
      expect(kept).toBe(`{"max_tokens":1,"stream":false,${KEEP.replace('"U"', '"V"')}}`);
      expect(fetched).toBe(`{${fetchFrom('127.0.0.2').replace('"U"', '"V"')}}`);
    } finally {
      await second.stop();
    }
  });

  it('finds the rank of a prefiller by its port', async () => {
    await stop();
    const port = await freePorts(2);
    const rank1 = await FakeEngine.start(json({}), port + 1, undefined, '127.0.0.2');
    try {
      await start({ port, dataParallelSize: 2 });
      const headers = { 'x-prefiller-host-port': rank1.hostPort };
      expect((await postPrefilled(fixture, '{}', { path, headers })).status).toBe(200);
      const [fetched] = withNamedHandOvers(fixture.decoder.last.body);
      expect(fetched).toBe(`{${fetchFrom('127.0.0.2').replace(String(PORT), String(PORT + 1))}}`);
    } finally {
      await rank1.stop();
    }
  });

  describe('a prefill that fails', () => {
    it.each([302, 400, 429])('with %d has its answer forwarded, and no decode', async (status) => {
      fixture.prefiller.behaviour = (response) => {
        response.writeHead(status, { 'x-up': '1', 'content-type': 'text/x' }).end('why');
      };
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, await answer.text()]).toEqual([status, 'why']);
      expect(answer.headers.get('x-up')).toBe('1');
      expect(asked()).toEqual([1, 0]);
    });

    it('with 500 is tried again under other names, then a 502, and no decode', async () => {
      fixture.prefiller.behaviour = json('why', 500);
      const answer = await postPrefilled(fixture, '{}');
      expect(answer.status).toBe(502);
      expect((await errorOf(answer)).upstream).toEqual({ status: 500, body: 'why' });
      expect(asked()).toEqual([4, 0]);
      const names = fixture.prefiller.requests.flatMap(({ body }) => handOversIn(body));
      expect(new Set(names).size).toBe(4);
    });

    it.each([
      ['is no JSON', json('<html>'), 502],
      ['is no object', json('[]'), 502],
      ['is a reset', RESET, 504],
    ] as const)(
      'because its answer %s is an error, and no decode',
      async (_, behaviour, status) => {
        fixture.prefiller.behaviour = behaviour;
        expect((await postPrefilled(fixture, '{}')).status).toBe(status);
        expect(fixture.decoder.requests).toHaveLength(0);
      },
    );

    it('in time is a 504, and no decode', async () => {
      await stop();
      await start({ prefillerTimeout: 100 });
      fixture.prefiller.behaviour = NEVER;
      expect((await postPrefilled(fixture, '{}')).status).toBe(504);
      await fixture.prefiller.last.aborted;
      expect(asked()).toEqual([1, 0]);
    });
  });

  describe('a decode that fails', () => {
    it.each([400, 500])('with %d has its answer forwarded, once', async (status) => {
      fixture.decoder.behaviour = json('why', status);
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, await answer.text()]).toEqual([status, 'why']);
      expect(asked()).toEqual([1, 1]);
    });

    it('before its head is a 502', async () => {
      fixture.decoder.behaviour = RESET;
      expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      expect(asked()).toEqual([1, 1]);
    });
  });

  it.each(['prefill', 'decode'])('ends the %s when its client leaves', async (leg) => {
    const engine = leg === 'prefill' ? fixture.prefiller : fixture.decoder;
    engine.behaviour = NEVER;
    const route = `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
    client.write(requestBytes(`POST ${path}`, [route], '{}'));
    await engine.received(1);
    client.destroy();
    await engine.last.aborted;
    expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status: 499 });
    expect(asked()).toEqual(leg === 'prefill' ? [1, 0] : [1, 1]);
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
