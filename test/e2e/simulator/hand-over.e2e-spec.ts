import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';

type Params = Record<string, unknown>;

interface Completion {
  readonly choices: readonly { readonly text: string }[];
  readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } };
  readonly kv_transfer_params: Params | null;
}

const ASK: Params = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
};
const PROMPT = 'Which way did the red fox run, and who saw it go?';
const INTERNAL_ERROR = {
  error: { message: 'Internal server error', type: 'InternalServerError', param: null, code: 500 },
};
const DEAD = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';

const running: RunningSimulator[] = [];

async function start(options: StartOptions = {}): Promise<RunningSimulator> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return simulator;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function post(
  simulator: RunningSimulator,
  more: object,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`http://${simulator.address}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: PROMPT, temperature: 0, max_tokens: 6, ...more }),
    ...(signal && { signal }),
  });
}

async function complete(simulator: RunningSimulator, more: object = {}): Promise<Completion> {
  const response = await post(simulator, more);
  expect(response.status).toBe(200);
  return (await response.json()) as Completion;
}

async function prefill(simulator: RunningSimulator, more: object = {}): Promise<Params> {
  const answer = await complete(simulator, { max_tokens: 1, kv_transfer_params: ASK, ...more });
  return answer.kv_transfer_params!;
}

function metric(simulator: RunningSimulator, name: string): number {
  const line = simulator
    .metrics()
    .split('\n')
    .find((text) => text.startsWith(`vllm:${name}{`));
  return Number(line?.slice(line.lastIndexOf(' ')));
}

describe('a KV hand-over between simulators', () => {
  it('gives the text of one server alone, and is counted', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const alone = await complete(prefiller);
    const params = await prefill(prefiller);
    const answer = await complete(decoder, { kv_transfer_params: params });
    expect(answer.choices).toEqual(alone.choices);
    expect(answer.kv_transfer_params).toBeNull();
    expect(metric(decoder, 'nixl_xfer_time_seconds_count')).toBe(1);
    expect(metric(decoder, 'prefix_cache_queries_total')).toBe(0);
  });

  it('tells the decoder what the prefiller had cached', async () => {
    const [prefiller, decoder] = [await start({ blockSize: 4 }), await start({ blockSize: 4 })];
    await complete(prefiller);
    const params = await prefill(prefiller);
    const answer = await complete(decoder, { kv_transfer_params: params });
    expect(answer.usage.prompt_tokens_details.cached_tokens).toBe(12);
  });

  it('holds blocks until they are fetched', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller);
    expect(metric(prefiller, 'kv_cache_usage_perc')).toBeGreaterThan(0);
    await complete(decoder, { kv_transfer_params: params });
    expect(metric(prefiller, 'kv_cache_usage_perc')).toBe(0);
  });

  it('offers nothing when no remote decode was asked for, nor in a stream', async () => {
    const prefiller = await start();
    expect((await complete(prefiller, { max_tokens: 1 })).kv_transfer_params).toBeNull();
    const stream = await post(prefiller, { stream: true, kv_transfer_params: ASK });
    expect(await stream.text()).not.toContain('kv_transfer_params');
  });

  it('does not happen when the decoder gets the parameters of the prefill', async () => {
    const decoder = await start();
    await complete(decoder, { kv_transfer_params: ASK });
    expect(metric(decoder, 'nixl_xfer_time_seconds_count')).toBe(0);
    expect(metric(decoder, 'prefix_cache_queries_total')).toBeGreaterThan(0);
  });

  it('survives a decoder that leaves out the keys that vLLM does not need', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const { tp_size, dcp_size, pp_size, transfer_mode, ...needed } = await prefill(prefiller);
    expect([tp_size, dcp_size, pp_size, transfer_mode]).toEqual([1, 1, 1, 'pull']);
    await complete(decoder, { kv_transfer_params: { ...needed, unknown: { key: 1 } } });
  });
});

describe('a wrong KV hand-over', () => {
  async function refused(
    decoder: RunningSimulator,
    params: Params,
    more: object = {},
  ): Promise<void> {
    const response = await post(decoder, { kv_transfer_params: params, ...more });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual(INTERNAL_ERROR);
    expect(metric(decoder, 'nixl_num_failed_transfers_total')).toBe(1);
  }

  it('fails when the parameters were used before', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller);
    await complete(decoder, { kv_transfer_params: params });
    await refused(decoder, params);
    expect(metric(prefiller, 'nixl_num_notifications_after_expiry_total')).toBe(1);
  });

  it('fails when they are of another prompt', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller, { prompt: PROMPT.replace('red', 'old') });
    await refused(decoder, params);
  });

  it('fails when the lease has ended', async () => {
    const [prefiller, decoder] = [await start({ kvLeaseDuration: 20 }), await start()];
    const params = await prefill(prefiller);
    while (metric(prefiller, 'nixl_num_kv_expired_reqs_total') === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await refused(decoder, params);
  });

  it('fails when the engine is another one, as after a restart', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller);
    await refused(decoder, { ...params, remote_engine_id: '11111111-1111-1111-1111-111111111111' });
  });

  it('fails when nobody listens there', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller);
    await prefiller.close();
    await refused(decoder, params);
  });

  it('fails when the blocks do not exist', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = await prefill(prefiller);
    await refused(decoder, { ...params, remote_block_ids: [[901, 902, 903, 904]] });
  });

  it('fails as an event after the head of a stream', async () => {
    const [prefiller, decoder] = [await start(), await start()];
    const params = { ...(await prefill(prefiller)), remote_engine_id: 'another' };
    const response = await post(decoder, { kv_transfer_params: params, stream: true });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(
      'data: {"error": {"message": "Internal server error", "type": "InternalServerError", "param": null, "code": 500}}\n\ndata: [DONE]\n\n',
    );
  });

  it('answers garbage instead, where that is asked for', async () => {
    const [prefiller, decoder] = [await start(), await start({ kvMismatch: 'garbage' })];
    const alone = await complete(prefiller);
    const params = await prefill(prefiller);
    const first = await complete(decoder, { kv_transfer_params: params });
    const again = await complete(decoder, { kv_transfer_params: params });
    expect(first.choices).toEqual(alone.choices);
    expect(again.choices).not.toEqual(alone.choices);
  });

  it.each([
    ['no block ids', { remote_block_ids: null }],
    ['too few block ids', { remote_block_ids: [[1]] }],
    ['block ids that are not grouped', { remote_block_ids: [1, 2, 3, 4] }],
  ])('kills the engine with %s', async (_, wrong) => {
    let isDead = false;
    const prefiller = await start({ blockSize: 4 });
    const decoder = await start({ blockSize: 4, onEngineDeath: () => (isDead = true) });
    const params = await prefill(prefiller);
    const response = await post(decoder, { kv_transfer_params: { ...params, ...wrong } });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { message: DEAD } });
    expect(isDead).toBe(true);
    expect((await fetch(`http://${decoder.address}/health`)).status).toBe(503);
    expect((await post(decoder, {})).status).toBe(500);
  });

  it('hangs without a request id, and kills the engine when the client leaves', async () => {
    const death = Promise.withResolvers<undefined>();
    const prefiller = await start();
    const decoder = await start({ onEngineDeath: () => death.resolve(undefined) });
    const { remote_request_id, ...rest } = await prefill(prefiller);
    expect(remote_request_id).toEqual(expect.any(String));
    const leaving = new AbortController();
    const asked = post(decoder, { kv_transfer_params: rest }, leaving.signal);
    setTimeout(() => leaving.abort(), 100);
    await expect(asked).rejects.toThrow();
    await death.promise;
  });
});
