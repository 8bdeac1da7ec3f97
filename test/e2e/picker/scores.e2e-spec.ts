import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { eventually, PickerProgram, type ExplainedProfile } from '../../support/picker-program.js';
import { VllmServer, type ToldLoad } from '../../support/vllm-server.js';

const opened: { stop(): Promise<unknown> }[] = [];
let picker: PickerProgram;
let servers: VllmServer[];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

type Labels = Readonly<Record<string, string>>;

/** Servers with these loads, and one profile of these scorers with their weights. */
async function start(
  loads: readonly ToldLoad[],
  scorers: readonly (readonly [type: string, weight?: number, parameters?: string])[],
  labels: readonly Labels[] = [],
): Promise<void> {
  servers = await Promise.all(
    loads.map((load, i) => VllmServer.start(`server-${i}`, load, labels[i])),
  );
  opened.push(...servers);
  const plugins = scorers.map(
    ([type, , parameters = '{}']) => `- {type: ${type}, parameters: ${parameters}}\n`,
  );
  const refs = scorers.map(([type, weight]) =>
    weight === undefined ? `{pluginRef: ${type}}` : `{pluginRef: ${type}, weight: ${weight}}`,
  );
  picker = await PickerProgram.configured({
    endpoints: servers,
    metrics: true,
    plugins: plugins.join(''),
    config: `schedulingProfiles: [{name: only, plugins: [${refs.join()}]}]`,
    flags: ['--explain'],
  });
  opened.push(picker);
}

async function decided(request?: PlayedRequest): Promise<ExplainedProfile> {
  const decision = await picker.chat('hello', request);
  decision.stream.cancel();
  expect(decision.immediate).toBeUndefined();
  const { profiles } = await picker.explained();
  return profiles['only']!;
}

/** Asks until the scores of this plugin are these, in the order of the servers. */
async function scored(
  plugin: string,
  expected: readonly number[],
  request?: PlayedRequest,
): Promise<void> {
  const of = ({ scores }: ExplainedProfile) =>
    servers.map(({ endpoint }) => scores[endpoint]?.[plugin] ?? NaN);
  const isNear = (told: readonly number[]) =>
    told.every((score, i) => Math.abs(score - expected[i]!) < 1e-6);
  await eventually(async () => of(await decided(request)), isNear);
}

describe('the score of a server', () => {
  it('falls with its queue, between the shortest and the longest one: queue-scorer', async () => {
    await start([{ waiting: 0 }, { waiting: 3 }, { waiting: 12 }], [['queue-scorer', 2]]);
    await scored('queue-scorer', [1, 0.75, 0]);
    await scored('total', [2, 1.5, 0]);
    for (const server of servers) server.tell({ waiting: 7 });
    await scored('queue-scorer', [1, 1, 1]);
  });

  it('is the free part of its KV cache: kv-cache-utilization-scorer', async () => {
    await start(
      [{ kvUsage: 0 }, { kvUsage: 0.25 }, { kvUsage: 1 }],
      [['kv-cache-utilization-scorer', 2]],
    );
    await scored('kv-cache-utilization-scorer', [1, 0.75, 0]);
    await scored('total', [2, 1.5, 0]);
  });

  it('falls with the requests that it runs: running-requests-size-scorer', async () => {
    await start(
      [{ running: 2 }, { running: 4 }, { running: 10 }],
      [['running-requests-size-scorer']],
    );
    await scored('running-requests-size-scorer', [1, 0.75, 0]);
    await scored('total', [1, 0.75, 0]);
    for (const server of servers) server.tell({ running: 0 });
    await scored('running-requests-size-scorer', [1, 1, 1]);
  });

  it('is a half at most: load-aware-scorer', async () => {
    const loads = [{ waiting: 0 }, { waiting: 32 }, { waiting: 64 }, { waiting: 500 }];
    await start(loads, [['load-aware-scorer']]);
    await scored('load-aware-scorer', [0.5, 0.375, 0.25, 0]);
  });

  it('has a threshold of its own: load-aware-scorer', async () => {
    await start(
      [{ waiting: 0 }, { waiting: 5 }, { waiting: 10 }],
      [['load-aware-scorer', 1, '{threshold: 10}']],
    );
    await scored('load-aware-scorer', [0.5, 0.25, 0]);
  });

  it('falls with what is in flight: active-request-scorer', async () => {
    await start([{}, {}], [['active-request-scorer']]);
    const first = await picker.chat('one');
    const at = servers.findIndex(({ endpoint }) => endpoint === first.endpoint);
    const expected = [1, 1];
    expected[at] = 0;
    await scored('active-request-scorer', expected);
    first.stream.halfClose();
    await scored('active-request-scorer', [1, 1]);
  });

  it('counts what is in flight beyond the idle ones: active-request-scorer', async () => {
    const parameters = '{idleThreshold: 1, maxBusyScore: 0.5}';
    await start([{}, {}], [['active-request-scorer', 1, parameters]]);
    const subset = (endpoint: string) => ({
      metadata: {
        'envoy.lb.subset_hint': { 'x-gateway-destination-endpoint-subset': [endpoint] },
      },
    });
    for (const [at, count] of [1, 4].entries()) {
      for (let i = 0; i < count; i++) await picker.chat('x', subset(servers[at]!.endpoint));
    }
    await scored('active-request-scorer', [1, 0]);
    for (let i = 0; i < 2; i++) await picker.chat('x', subset(servers[0]!.endpoint));
    await scored('active-request-scorer', [0.125, 0]);
  });

  it('falls with the tokens in flight: token-load-scorer', async () => {
    await start([{}, {}], [['token-load-scorer', 1, '{queueThresholdTokens: 1000}']]);
    const first = await picker.chat('word '.repeat(400));
    const at = servers.findIndex(({ endpoint }) => endpoint === first.endpoint);
    const { scores } = await decided();
    const score = scores[first.endpoint!]!['token-load-scorer']!;
    expect(score).toBeLessThan(0.6);
    expect(score).toBeGreaterThan(0.3);
    expect(scores[servers[1 - at]!.endpoint]!['token-load-scorer']).toBe(1);
  });

  it('knows adapters: lora-affinity-scorer', async () => {
    const lora = (max: number, running: string, waiting: string) => ({
      lora: { max, running, waiting },
    });
    await start(
      [lora(2, 'm,x', ''), lora(2, 'x', ''), lora(2, 'x,y', 'm'), lora(2, 'x,y', '')],
      [['lora-affinity-scorer']],
    );
    await scored('lora-affinity-scorer', [1, 0.8, 0.6, 0]);
  });

  it('prefers who was not used for cold prompts lately: no-hit-lru-scorer', async () => {
    await start([{}, {}, {}], [['no-hit-lru-scorer']]);
    const order: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) order.push((await picker.chat(`cold ${i} `.repeat(100))).endpoint);
    expect(new Set(order).size).toBe(3);
    const next = await picker.chat('another cold one '.repeat(100));
    expect(next.endpoint).toBe(order[0]);
    const { profiles } = await picker.explained();
    const { scores } = profiles['only']!;
    expect(order.map((endpoint) => scores[endpoint!]!['no-hit-lru-scorer'])).toEqual([1, 0.5, 0]);
    await picker.chat('another cold one '.repeat(100));
    const warm = (await picker.explained()).profiles['only']!;
    for (const { endpoint } of servers) {
      expect(warm.scores[endpoint]!['no-hit-lru-scorer']).toBe(0.5);
    }
  });

  it('knows for which lengths a server is: context-length-aware', async () => {
    const range = (text: string) => ({ 'llm-d.ai/context-length-range': text });
    await start(
      [{}, {}, {}, {}],
      [['context-length-aware']],
      [range('0-1000'), range('5000-9000'), range('nonsense'), {}],
    );
    const { scores } = await decided();
    const of = (i: number) => scores[servers[i]!.endpoint]!['context-length-aware']!;
    expect(of(0)).toBeGreaterThan(0.3 + 0.7 * (0.7 / 1.1));
    expect(of(0)).toBeLessThanOrEqual(1);
    expect(of(1)).toBeGreaterThan(0.3 / (1 + 5000 / 1000) - 1e-3);
    expect(of(1)).toBeLessThan(0.06);
    expect([of(2), of(3)]).toEqual([0, 0.5]);
  });

  it('is the part of the prompt that it has: prefix-cache-scorer', async () => {
    await start([{}, {}], [['prefix-cache-scorer', 3]]);
    const beginning = 'a'.repeat(4096);
    const first = await picker.chat(beginning);
    const again = await picker.chat(beginning + 'b'.repeat(4096));
    expect(again.endpoint).toBe(first.endpoint);
    const { scores } = (await picker.explained()).profiles['only']!;
    const score = scores[first.endpoint!]!['prefix-cache-scorer']!;
    expect(score).toBeGreaterThan(0.4);
    expect(score).toBeLessThan(0.55);
    expect(scores[first.endpoint!]!['total']).toBeCloseTo(3 * score, 9);
    const other = servers.find(({ endpoint }) => endpoint !== first.endpoint)!;
    expect(scores[other.endpoint]!['prefix-cache-scorer']).toBe(0);
  });

  it('is 1 where its session is, 0 elsewhere: session-affinity-scorer', async () => {
    await start([{}, {}], [['session-affinity-scorer', 5]]);
    const token = Buffer.from('default/server-1').toString('base64');
    const headers = [['x-session-token', token]] as const;
    await scored('session-affinity-scorer', [0, 1], { headers });
    await scored('total', [0, 5], { headers });
    expect((await picker.chat('x', { headers })).endpoint).toBe(servers[1]!.endpoint);
  });

  it('adds up with weights, which are 1 unless given', async () => {
    await start(
      [
        { waiting: 10, kvUsage: 0.1 },
        { waiting: 0, kvUsage: 0.9 },
      ],
      [['queue-scorer'], ['kv-cache-utilization-scorer', 2.5]],
    );
    await scored('total', [2.25, 1.25]);
    const { candidates } = await decided();
    expect(candidates).toEqual(servers.map(({ endpoint }) => endpoint));
    expect((await picker.chat('x')).endpoint).toBe(servers[0]!.endpoint);
  });
});
