import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, type EngineBehaviour } from '../../../../test/support/fake-engine.js';
import { until } from '../../../../test/support/raw-client.js';
import type { TokensResult } from '../../../metrics/kv.metrics.js';
import type { RouterMetrics } from '../../../metrics/router.metrics.js';
import { readJsonObject } from '../../../openai/json-object.js';
import type { RequestFeatures } from '../../../policy/policy.js';
import { UpstreamService } from '../../../proxy/upstream.service.js';
import type { RouterOptions } from '../router.options.js';
import type { Pools } from '../routing/pools.service.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { RoutedRequest } from '../routing/routed-request.js';
import { Tokenizer } from './tokenizer.service.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers as vLLM does: as many tokens as the prompt has characters. */
const tokenizes: EngineBehaviour = (response, request) => {
  const { prompt = '' } = JSON.parse(request.body.toString()) as { prompt?: string };
  const tokens = Array.from(prompt, (_, i) => i);
  return json({ count: tokens.length, max_model_len: 4096, tokens })(response, request);
};
const fails: EngineBehaviour = (response) => void response.writeHead(500).end();
const silent: EngineBehaviour = () => undefined;

interface Fixture {
  readonly engines: readonly FakeEngine[];
  readonly results: TokensResult[];
  /** @returns how many tokens the request was found to have; undefined: they could not be had */
  countOf(body: object, path?: string, headers?: object): Promise<number | undefined>;
}

async function fixture(
  behaviours: readonly EngineBehaviour[],
  { timeout = 20_000, external = false, apiKey = undefined as string | undefined } = {},
): Promise<Fixture> {
  const engines = await Promise.all(behaviours.map((each) => FakeEngine.start(each)));
  const upstream = new UpstreamService(4);
  closing.push(() => upstream.onApplicationShutdown());
  for (const engine of engines) closing.push(() => engine.stop());
  const endpoints = engines.map(({ port }) => ({
    origin: { key: `${port}`, label: `127.0.0.1:${port}`, addresses: ['127.0.0.1'], port },
    spec: { external, apiKey },
  }));
  const pools = { tokenWanting: () => ({ pool: { candidates: () => endpoints } }) };
  const results: TokensResult[] = [];
  const sut = new Tokenizer(
    pools as unknown as Pools,
    upstream,
    { config: { kvTokenizeTimeoutSecs: timeout } } as RouterOptions,
    { kv: { tokens: (result: TokensResult) => results.push(result) } } as unknown as RouterMetrics,
  );
  const countOf: Fixture['countOf'] = async (body, path = '/v1/completions', headers = {}) => {
    const features = {} as RequestFeatures;
    const request = { features, json: readJsonObject(Buffer.from(JSON.stringify(body))) };
    const exchange = { facts: { path }, request: { headers } };
    await sut.prepare(
      exchange as unknown as RoutedExchange,
      { ...request, model: 'm' } as unknown as RoutedRequest,
    );
    return features.prompt?.count;
  };
  return { engines, results, countOf };
}

describe(Tokenizer.name, () => {
  it('has a prompt tokenized once', async () => {
    const { engines, results, countOf } = await fixture([tokenizes]);
    expect(await countOf({ model: 'm', prompt: 'seven..' })).toBe(7);
    expect(await countOf({ model: 'm', prompt: 'seven..', temperature: 1 })).toBe(7);
    expect(results).toEqual(['tokenize', 'cached']);
    const [{ url, body }] = engines[0]!.requests as [(typeof engines)[0]['requests'][0]];
    expect([url, JSON.parse(body.toString())]).toEqual([
      '/tokenize',
      { model: 'm', prompt: 'seven..' },
    ]);
  });

  it('asks once for equal prompts that come at the same time', async () => {
    const answers: (() => void)[] = [];
    const { engines, countOf } = await fixture([
      (response, request) => void answers.push(() => void tokenizes(response, request)),
    ]);
    const counts = Promise.all([1, 2, 3].map(() => countOf({ prompt: 'hello' })));
    await until(() => answers.length > 0);
    answers[0]!();
    expect(await counts).toEqual([5, 5, 5]);
    expect(engines[0]!.requests.length).toBe(1);
  });

  it('asks the workers in turn', async () => {
    const { engines, countOf } = await fixture([tokenizes, tokenizes]);
    for (const prompt of ['a', 'b', 'c', 'd']) await countOf({ prompt });
    expect(engines.map(({ requests }) => requests.length)).toEqual([2, 2]);
  });

  it('needs nobody for token ids, and asks nobody for what nobody can tell', async () => {
    const { engines, results, countOf } = await fixture([tokenizes]);
    expect(await countOf({ prompt: [1, 2, 3] })).toBe(3);
    expect(await countOf({ prompt: [[1, 2], [3]] })).toBe(2);
    expect(await countOf({ token_ids: [4] }, '/inference/v1/generate')).toBe(1);
    const image = { type: 'image_url', image_url: { url: 'data:' } };
    const messages = [{ role: 'user', content: [image] }];
    expect(await countOf({ messages }, '/v1/chat/completions')).toBeUndefined();
    expect(await countOf({ input: 'hello' }, '/v1/responses')).toBeUndefined();
    expect(results).toEqual(['token_ids', 'token_ids', 'token_ids', 'unsupported', 'unsupported']);
    expect(engines[0]!.requests).toEqual([]);
  });

  it("sends the worker's own key, else the client's", async () => {
    const headers = { authorization: 'Bearer client' };
    for (const [apiKey, expected] of [
      [undefined, 'Bearer client'],
      ['own', 'Bearer own'],
    ] as const) {
      const { engines, countOf } = await fixture([tokenizes], { apiKey });
      await countOf({ prompt: 'a' }, undefined, headers);
      expect(engines[0]!.requests[0]!.headers.authorization).toBe(expected);
    }
  });

  it('waits no longer than the deadline, and soon for nobody any more', async () => {
    const { engines, results, countOf } = await fixture([silent], { timeout: 10 });
    for (let i = 0; i < 6; i++) expect(await countOf({ prompt: `prompt ${i}` })).toBeUndefined();
    expect(results).toEqual([...Array<TokensResult>(5).fill('timeout'), 'skipped']);
    expect(engines[0]!.requests.length).toBe(5);
  });

  it('leaves out a worker that fails, and asks the others', async () => {
    const { engines, countOf } = await fixture([fails, tokenizes]);
    const counts: (number | undefined)[] = [];
    for (let i = 0; i < 30; i++) counts.push(await countOf({ prompt: `prompt ${i}` }));
    // Five, and perhaps a probe.
    expect(engines[0]!.requests.length).toBeLessThan(8);
    expect(counts.slice(0, 10).filter((count) => count === undefined).length).toBe(5);
  });

  it('is not put off by requests that a worker refuses', async () => {
    const { results, countOf } = await fixture([
      (response, request) =>
        request.body.includes('wrong')
          ? void response.writeHead(400).end('{"error":{}}')
          : tokenizes(response, request),
    ]);
    for (let i = 0; i < 8; i++) await countOf({ prompt: `wrong ${i}` });
    expect(await countOf({ prompt: 'right' })).toBe(5);
    expect(results).toEqual([...Array<TokensResult>(8).fill('failed'), 'tokenize']);
  });

  it('takes no answer for tokens that is none', async () => {
    for (const body of ['{"tokens":[1,-2]}', '{"tokens":"1"}', 'null', 'no JSON', '{}']) {
      const { countOf } = await fixture([(response) => void response.end(body)]);
      expect(await countOf({ prompt: 'a' })).toBeUndefined();
    }
  });

  it('asks no API of others, and about no prompt of more than 4 MiB', async () => {
    const external = await fixture([tokenizes], { external: true });
    expect(await external.countOf({ prompt: 'a' })).toBeUndefined();
    const long = await fixture([tokenizes]);
    expect(await long.countOf({ prompt: 'a'.repeat(2 ** 22) })).toBeUndefined();
    expect([external, long].map(({ results }) => results)).toEqual([['skipped'], ['skipped']]);
    expect(external.engines[0]!.requests).toEqual([]);
  });
});
