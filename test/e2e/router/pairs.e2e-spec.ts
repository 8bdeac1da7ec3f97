import { afterEach, describe, expect, it } from '@jest/globals';
import { json, KV_PARAMS, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import {
  DECODED,
  startPairFixture,
  untilIdle,
  type PairFixture,
} from '../../support/pair-fixture.js';
import { until } from '../../support/raw-client.js';
import { named, post } from '../../support/router-fixture.js';

let fixture: PairFixture;
afterEach(() => fixture.stop());

const bodyOf = ({ body }: { body: Buffer }): string => body.toString();
const ASKED =
  '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}';
const GIVEN = `"kv_transfer_params":${JSON.stringify(KV_PARAMS)}`;

describe('a request for a prefill worker and a decode worker', () => {
  it.each([
    [
      '/v1/chat/completions',
      ' {"model":"m", "stream":true,"max_tokens":50,"seed":12345678901234567890}\n',
      ` {"model":"m", "stream":false,"max_tokens":1,"seed":12345678901234567890,"max_completion_tokens":1,${ASKED}}\n`,
    ],
    [
      '/v1/completions',
      '{"prompt":"x","n":4}',
      `{"prompt":"x","n":1,"max_tokens":1,"stream":false,${ASKED}}`,
    ],
    ['/v1/messages', '{"max_tokens":9}', `{"max_tokens":1,"stream":false,${ASKED}}`],
    [
      '/v1/responses',
      '{"input":"x"}',
      `{"input":"x","max_output_tokens":1,"stream":false,${ASKED}}`,
    ],
    [
      '/inference/v1/generate',
      '{"token_ids":[1],"sampling_params":{"max_tokens":5,"temperature":0.50}}',
      `{"token_ids":[1],"sampling_params":{"max_tokens":1,"temperature":0.50},"stream":false,${ASKED}}`,
    ],
  ])('sends both legs of %s byte for byte', async (path, body, prefill) => {
    fixture = await startPairFixture();
    const answer = await post(fixture, `${path}?a=%zz`, body);
    expect([answer.status, await answer.text()]).toEqual([200, '{"decoded":true}']);
    const [p, d] = [fixture.legs('prefills')[0]!, fixture.legs('decodes')[0]!];
    expect([p.url, bodyOf(p)]).toEqual([`${path}?a=%zz`, prefill]);
    const end = body.lastIndexOf('}');
    expect([d.url, bodyOf(d)]).toEqual([
      `${path}?a=%zz`,
      `${body.slice(0, end)},${GIVEN}${body.slice(end)}`,
    ]);
    await untilIdle(fixture);
  });

  it("keeps the client's credentials, fields and id on both legs", async () => {
    fixture = await startPairFixture();
    const headers = { authorization: 'Bearer mine', 'x-request-id': 'id-1', 'x-tenant': 't' };
    const answer = await post(fixture, undefined, undefined, headers);
    expect(answer.headers.get('x-request-id')).toBe('id-1');
    for (const side of ['prefills', 'decodes'] as const) {
      expect(fixture.legs(side)[0]!.headers).toMatchObject(headers);
      expect(fixture.legs(side)[0]!.headers.host).toBe(fixture[side][0]!.hostPort);
    }
    expect(fixture.legs('prefills')[0]!.headers).not.toHaveProperty('x-kv-connector');
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({
      requestId: 'id-1',
      worker: `http://${fixture.decodes[0]!.hostPort}`,
      prefiller: fixture.prefills[0]!.hostPort,
      connector: 'nixlv2',
    });
  });

  it('makes one id for both legs where the client sent none', async () => {
    fixture = await startPairFixture();
    const id = (await post(fixture, '/v1/chat/completions')).headers.get('x-request-id');
    expect(id).toMatch(/^chatcmpl-[A-Za-z0-9]{24}$/);
    for (const side of ['prefills', 'decodes'] as const) {
      expect(fixture.legs(side)[0]!.headers['x-request-id']).toBe(id);
    }
  });

  it("puts a worker's own key in the place of the client's, on its leg alone", async () => {
    fixture = await startPairFixture();
    const { fleet } = fixture.router;
    fleet.update(fixture.endpoint(fixture.prefills[0]!), { apiKey: 'p-key' });
    await post(fixture, undefined, undefined, { authorization: 'Bearer mine' });
    expect(fixture.legs('prefills')[0]!.headers.authorization).toBe('Bearer p-key');
    expect(fixture.legs('decodes')[0]!.headers.authorization).toBe('Bearer mine');
  });

  it('counts a request at a worker as long as it is there', async () => {
    let prefilled = (): void => undefined;
    let decoded = (): void => undefined;
    const held =
      (set: (go: () => void) => void, then: EngineBehaviour): EngineBehaviour =>
      async (response, request) => {
        await new Promise<void>((resolve) => set(resolve));
        await then(response, request);
      };
    fixture = await startPairFixture({
      prefills: [held((go) => (prefilled = go), json({ kv_transfer_params: KV_PARAMS }))],
      decodes: [held((go) => (decoded = go), DECODED)],
    });
    const loads = (): number[] => fixture.router.fleet.all.map(({ inFlight }) => inFlight);
    const answer = post(fixture);
    await until(() => fixture.legs('prefills').length === 1);
    expect(loads()).toEqual([1, 0]);
    prefilled();
    await until(() => fixture.legs('decodes').length === 1);
    expect(loads()).toEqual([0, 1]);
    decoded();
    await (await answer).text();
    await untilIdle(fixture);
  });

  it('chooses each worker by the policy of its role', async () => {
    fixture = await startPairFixture(
      {
        prefills: [0, 1].map(() => json({ kv_transfer_params: KV_PARAMS })),
        decodes: [DECODED, DECODED],
      },
      { prefillPolicy: 'consistent_hash', decodePolicy: 'round_robin' },
    );
    for (let i = 0; i < 6; i++) await post(fixture, undefined, undefined, { 'x-session-id': 's' });
    const asked = (side: 'prefills' | 'decodes'): number[] =>
      fixture[side].map(
        ({ requests }) => requests.filter(({ method }) => method === 'POST').length,
      );
    expect(asked('prefills').sort()).toEqual([0, 6]);
    expect(asked('decodes')).toEqual([3, 3]);
    const { workers } = (await (await fetch(`${fixture.url}/workers`)).json()) as {
      workers: { worker_type: string; policy: string }[];
    };
    expect(workers.map(({ worker_type: type, policy }) => `${type} ${policy}`)).toEqual([
      ...['prefill consistent_hash', 'prefill consistent_hash'],
      ...['decode round_robin', 'decode round_robin'],
    ]);
  });

  it('is counted by both stages', async () => {
    fixture = await startPairFixture({}, { prometheusPort: await freePort() });
    await (await post(fixture)).text();
    await until(() => fixture.log.requests.length === 1);
    const metrics = await readMetrics(fixture.opsUrl);
    const [p, d] = [fixture.prefills[0]!, fixture.decodes[0]!].map(
      ({ hostPort }) => `{worker="http://${hostPort}"}`,
    );
    const read = (name: string): number | undefined => metrics.get(`vllm_router_pd_${name}`);
    expect(read('requests_total{route="/v1/completions"}')).toBe(1);
    expect(read('request_duration_seconds_count{route="/v1/completions"}')).toBe(1);
    expect(read(`prefill_requests_total${p}`)).toBe(1);
    expect(read(`decode_requests_total${d}`)).toBe(1);
  });
});

describe('which requests have a pair', () => {
  const both = { regulars: [named('regular')] };
  const who = async (
    path = '/v1/completions',
    headers: Record<string, string> = {},
  ): Promise<string> => {
    const answer = (await (await post(fixture, path, undefined, headers)).json()) as object;
    return 'worker' in answer ? 'regular' : fixture.legs('prefills').length > 0 ? 'pair' : 'decode';
  };

  it('sends all that generates to one with --pd-disaggregation, also where regular workers are', async () => {
    fixture = await startPairFixture(both);
    expect(await who()).toBe('pair');
  });

  it.each([
    ['without the flag a regular worker', false, {}, 'regular'],
    ['without the flag a pair for x-prefer-pd: 1', false, { 'x-prefer-pd': '1' }, 'pair'],
    ['without the flag a pair for x-prefer-pd: true', false, { 'x-prefer-pd': 'true' }, 'pair'],
    [
      'without the flag a regular worker for x-prefer-pd: 0',
      false,
      { 'x-prefer-pd': '0' },
      'regular',
    ],
  ])('takes %s', async (_what, pdDisaggregation, headers, expected) => {
    fixture = await startPairFixture(both, { pdDisaggregation });
    expect(await who(undefined, headers)).toBe(expected);
  });

  it('takes a pair without the flag where no regular worker is', async () => {
    fixture = await startPairFixture({}, { pdDisaggregation: false });
    expect(await who()).toBe('pair');
  });

  it('takes a regular worker with the flag where there is nothing else', async () => {
    fixture = await startPairFixture({ ...both, prefills: [], decodes: [] });
    expect(await who()).toBe('regular');
  });

  it.each(['/v1/embeddings', '/tokenize', '/generate', '/v1/audio/speech'])(
    'sends %s to a decode worker as it is',
    async (path) => {
      fixture = await startPairFixture(both);
      expect(await who(path)).toBe('decode');
      expect(bodyOf(fixture.legs('decodes')[0]!)).toBe('{"prompt":"x"}');
    },
  );

  it('has pairs for one model and regular workers for another one with --enable-igw', async () => {
    fixture = await startPairFixture(both, { enableIgw: true, pdDisaggregation: false });
    const { fleet } = fixture.router;
    for (const endpoint of fleet.all) {
      fleet.update(endpoint, { modelId: endpoint.spec.role === 'regular' ? 'plain' : 'split' });
    }
    const ask = (model: string): Promise<Response> =>
      post(fixture, '/v1/completions', JSON.stringify({ model, prompt: 'x' }));
    expect(await (await ask('plain')).json()).toEqual({ worker: 'regular' });
    expect(await (await ask('split')).json()).toEqual({ decoded: true });
    expect((await ask('neither')).status).toBe(404);
    expect(fixture.legs('prefills')).toHaveLength(1);
  });

  it('tells of both choices and both legs where it is asked to explain', async () => {
    fixture = await startPairFixture();
    const answer = await post(fixture, undefined, undefined, { 'x-router-explain': '1' });
    const decision = JSON.parse(answer.headers.get('x-router-decision')!) as object;
    expect(decision).toMatchObject({
      worker: `http://${fixture.decodes[0]!.hostPort}`,
      attempts: [
        { role: 'prefill', status: 200 },
        { role: 'decode', status: 200 },
      ],
    });
    for (const side of ['prefills', 'decodes'] as const) {
      expect(fixture.legs(side)[0]!.headers).not.toHaveProperty('x-router-explain');
    }
  });

  it('heeds a pin of a worker by its URL, for its stage', async () => {
    fixture = await startPairFixture({ decodes: [DECODED, DECODED] });
    const pinned = fixture.decodes[1]!;
    const headers = { 'x-smg-target-worker': `http://${pinned.hostPort}` };
    for (let i = 0; i < 3; i++) await post(fixture, undefined, undefined, headers);
    expect(pinned.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('takes workers that come by the API', async () => {
    fixture = await startPairFixture({}, { prefill: [], decode: [], pdDisaggregation: false });
    for (const [side, worker_type] of [
      ['prefills', 'prefill'],
      ['decodes', 'decode'],
    ] as const) {
      const body = { url: `http://${fixture[side][0]!.hostPort}`, worker_type };
      await post(fixture, '/workers', JSON.stringify({ ...body, bootstrap_port: 9001 }));
    }
    await until(() => fixture.router.fleet.all.every(({ isReady }) => isReady));
    expect(await who()).toBe('pair');
    const list = (await (await fetch(`${fixture.url}/workers`)).json()) as object;
    expect(list).toMatchObject({
      workers: [{ worker_type: 'prefill', bootstrap_port: 9001 }, { worker_type: 'decode' }],
      stats: { prefill_count: 1, decode_count: 1, regular_count: 0 },
    });
  });
});
