import { afterEach, describe, expect, it } from '@jest/globals';
import { events, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import { post, startRouterFixture, type RouterFixture } from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const start = async (
  behaviours: readonly EngineBehaviour[],
  config: Parameters<typeof startRouterFixture>[1] = {},
): Promise<void> => {
  fixture = await startRouterFixture(behaviours, { prometheusPort: await freePort(), ...config });
};
const chat = (model: string, headers: Record<string, string> = {}): Promise<Response> =>
  post(fixture, '/v1/chat/completions', JSON.stringify({ model, messages: [] }), headers);

const metrics = async (): Promise<Map<string, number>> => {
  const text = await (await fetch(`${fixture.opsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
};
/** A request is counted when its connection is told of its end, which may be after the client was. */
const counted = async (requests: number): Promise<Map<string, number>> => {
  for (;;) {
    const all = await metrics();
    let total = 0;
    for (const [name, value] of all) {
      if (name.startsWith('vllm_router_requests_total')) total += value;
    }
    if (total >= requests) return all;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const of = (all: Map<string, number>, model: string): unknown => ({
  prompt: all.get(`vllm_router_tokens_total{type="prompt",model="${model}"}`),
  completion: all.get(`vllm_router_tokens_total{type="completion",model="${model}"}`),
  cached: all.get(`vllm_router_cached_tokens_total{model="${model}"}`),
  ttft: all.get(`vllm_router_ttft_seconds_count{model="${model}"}`),
  gaps: all.get(`vllm_router_inter_token_latency_seconds_count{model="${model}"}`),
});

const USAGE = {
  prompt_tokens: 7,
  completion_tokens: 3,
  prompt_tokens_details: { cached_tokens: 4 },
};
const delta = (content: string): string => JSON.stringify({ choices: [{ delta: { content } }] });
const STREAM = [delta('a'), delta('b'), delta('c')];
const LAST = [JSON.stringify({ choices: [], usage: USAGE }), '[DONE]'];

describe('tokens', () => {
  it('are counted by model, of whole answers', async () => {
    await start([json({ choices: [], usage: USAGE })]);
    await (await chat('m')).text();
    await (await chat('m')).text();
    expect(of(await counted(2), 'm')).toEqual({
      ...{ prompt: 14, completion: 6, cached: 8, ttft: 0, gaps: 0 },
    });
  });

  it('are counted of streams, with the times between them, and no byte is changed', async () => {
    await start([events([...STREAM, ...LAST])]);
    const text = await (await chat('m')).text();
    expect(text).toBe([...STREAM, ...LAST].map((line) => `data: ${line}\n\n`).join(''));
    expect(of(await counted(1), 'm')).toEqual({
      ...{ prompt: 7, completion: 3, cached: 4, ttft: 1, gaps: 2 },
    });
  });

  it('are not invented where a stream tells none', async () => {
    await start([events([...STREAM, '[DONE]'])]);
    await (await chat('m')).text();
    expect(of(await counted(1), 'm')).toEqual({
      ...{ prompt: 0, completion: 0, cached: 0, ttft: 1, gaps: 2 },
    });
  });

  it('are counted once where the client leaves, as far as they were seen', async () => {
    await start([
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const usage = { prompt_tokens: 7, completion_tokens: 1 };
        response.write(`data: ${JSON.stringify({ choices: [{}], usage })}\n\n`);
      },
    ]);
    const leaving = new AbortController();
    const answer = await fetch(`${fixture.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"m"}',
      signal: leaving.signal,
    });
    await answer.body!.getReader().read();
    leaving.abort();
    await until(() => fixture.log.lines.some(({ message }) => message === 'request'));
    expect(of(await counted(1), 'm')).toMatchObject({ prompt: 7, completion: 1, ttft: 1 });
  });

  it('are not counted of refusals, nor of answers that another one replaced', async () => {
    let requests = 0;
    await start([
      (response, request) =>
        ++requests === 1
          ? json({ usage: USAGE }, 503)(response, request)
          : json({ usage: USAGE }, requests === 2 ? 200 : 404)(response, request),
    ]);
    await (await chat('m')).text();
    await (await chat('n')).text();
    const all = await counted(2);
    expect(of(all, 'm')).toMatchObject({ prompt: 7, completion: 3 });
    expect(of(all, 'n')).toMatchObject({ prompt: undefined, completion: undefined });
    expect(all.get('vllm_router_retries_total{route="/v1/chat/completions"}')).toBe(1);
  });

  it('have at most a hundred models, and clients that name others make no more series', async () => {
    await start([json({ usage: USAGE })]);
    for (let model = 0; model < 120; model++) await (await chat(`model "${model}"\n`)).text();
    await (await chat('x'.repeat(1000))).text();
    await (await post(fixture)).text();
    const all = await counted(122);
    const models = [...all.keys()].filter((name) => name.includes('tokens_total{type="prompt"'));
    expect(models).toHaveLength(102);
    expect(of(all, 'other')).toMatchObject({ prompt: 21 * 7 });
    expect(of(all, 'unknown')).toMatchObject({ prompt: 7 });
  });
});

describe('metrics of vllm-router', () => {
  it('count requests once, attempts and retries each', async () => {
    let requests = 0;
    const flaky: EngineBehaviour = (response, request) =>
      json({}, ++requests % 2 === 1 ? 500 : 200)(response, request);
    await start([flaky], { policy: 'cache_aware' });
    const body = JSON.stringify({ prompt: 'x'.repeat(1000) });
    await (await post(fixture, '/v1/completions', body)).text();
    await (await post(fixture, '/v1/embeddings', '{"input":"x"}')).text();
    await (await post(fixture, '/any/thing', '{"input":"x"}')).text();
    await fetch(`${fixture.url}/workers`).then((answer) => answer.text());
    const all = await counted(3);
    const worker = `worker="${fixture.router.fleet.all[0]!.id}"`;
    const shown = (name: string): number | undefined => all.get(`vllm_router_${name}`);
    expect([
      shown('requests_total{route="/v1/completions"}'),
      shown('requests_total{route="/v1/embeddings"}'),
      shown('requests_total{route="other"}'),
      shown('requests_total{route="/workers"}'),
    ]).toEqual([1, 1, 1, undefined]);
    expect([
      shown('retries_total{route="other"}'),
      shown(`processed_requests_total{${worker}}`),
      shown(`policy_decisions_total{policy="cache_aware",${worker}}`),
      shown(`cb_outcomes_total{${worker},outcome="success"}`),
      shown(`cb_outcomes_total{${worker},outcome="failure"}`),
      shown('generate_duration_seconds_count'),
      shown('embeddings_total'),
    ]).toEqual([1, 6, 6, 3, 3, 2, 1]);
    expect(shown('cache_hits_total')! + shown('cache_misses_total')!).toBe(6);
    expect(shown('cache_hits_total')).toBeGreaterThan(0);
    expect(shown(`tree_size{${worker}}`)).toBeGreaterThan(999);
    expect([shown(`worker_load{${worker}}`), shown('max_load'), shown('min_load')]).toEqual([
      ...[0, 0, 0],
    ]);
  });

  it('tell of requests that no attempt helped', async () => {
    await start([json({}, 500)], { retryMaxRetries: 2 });
    await (await post(fixture)).text();
    const all = await counted(1);
    expect(all.get('vllm_router_retries_exhausted_total{route="/v1/completions"}')).toBe(1);
  });
});
