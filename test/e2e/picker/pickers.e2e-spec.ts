import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, PickerProgram } from '../../support/picker-program.js';
import { countOf } from '../../support/policy-harness.js';
import { VllmServer, type ToldLoad } from '../../support/vllm-server.js';

const opened: { stop(): Promise<unknown> }[] = [];
let picker: PickerProgram;
let servers: VllmServer[];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

/** Servers with these loads, of which this picker takes one by the free part of their KV caches. */
async function start(
  loads: readonly ToldLoad[],
  type: string,
  flags: readonly string[] = [],
): Promise<void> {
  servers = await Promise.all(loads.map((load, i) => VllmServer.start(`server-${i}`, load)));
  opened.push(...servers);
  picker = await PickerProgram.configured({
    endpoints: servers,
    metrics: true,
    plugins: `- {type: kv-cache-utilization-scorer}\n- {name: sut, ${type}}\n`,
    config:
      'schedulingProfiles: [{name: only, plugins: [{pluginRef: kv-cache-utilization-scorer}, {pluginRef: sut}]}]',
    flags,
  });
  opened.push(picker);
  const waiting = loads.reduce((sum, { waiting: own = 0 }) => sum + own, 0);
  await eventually(
    () => picker.metric('llm_d_epp_per_endpoint_queue_size'),
    (sum) => sum === waiting,
  );
}

/** @returns how many of so many requests, one after another, each server gets */
async function shares(count: number): Promise<number[]> {
  const picked: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const { endpoint, stream } = await picker.chat(`question ${i}`);
    stream.cancel();
    picked.push(endpoint);
  }
  const counts = countOf(picked);
  return servers.map(({ endpoint }) => counts.get(endpoint) ?? 0);
}

describe('pickers', () => {
  const LOADS = [
    { waiting: 1, kvUsage: 0.1 },
    { waiting: 1, kvUsage: 0.5 },
    { waiting: 1, kvUsage: 0.9 },
  ];

  it('take the highest total: max-score-picker', async () => {
    await start(LOADS, 'type: max-score-picker');
    expect(await shares(30)).toEqual([30, 0, 0]);
  });

  it('take as many of the highest as wanted, in their order: max-score-picker', async () => {
    await start(LOADS, 'type: max-score-picker, parameters: {maxNumOfEndpoints: 2}');
    const { endpoint, metadata } = await picker.chat('x');
    expect(endpoint).toBe(`${servers[0]!.endpoint},${servers[1]!.endpoint}`);
    expect(metadata).toBe(endpoint);
  });

  it('take any: random-picker', async () => {
    await start(LOADS, 'type: random-picker');
    for (const share of await shares(300)) expect(share).toBeGreaterThan(50);
  });

  it('take each by the part of its total: weighted-random-picker', async () => {
    await start(LOADS, 'type: weighted-random-picker');
    const [most, less, least] = (await shares(400)) as [number, number, number];
    expect(most).toBeGreaterThan(170);
    expect(less).toBeGreaterThan(80);
    expect(least).toBeGreaterThan(2);
    expect(least).toBeLessThan(less);
  });
});

describe('requests of a priority below 0', () => {
  it.each([
    ['queues', [{ waiting: 5 }, { waiting: 5 }]],
    [
      'KV caches',
      [
        { waiting: 1, kvUsage: 0.8 },
        { waiting: 1, kvUsage: 0.9 },
      ],
    ],
  ] as const)('are shed while %s are full, and not any more then', async (_what, loads) => {
    await start(loads, 'type: max-score-picker', ['--objectives=low=-1']);
    const headers = [['x-llm-d-inference-objective', 'low']] as const;
    const low = () => picker.chat('x', { headers });
    const { immediate } = await eventually(low, (told) => told.immediate !== undefined);
    expect(immediate).toMatchObject({ status: 429 });
    expect(immediate!.headers['x-llm-d-request-dropped-reason']).toBe('rejected-saturated');
    expect((await picker.chat('x')).immediate).toBeUndefined();
    for (const server of servers) server.tell({});
    await eventually(low, (told) => told.immediate === undefined);
  });
});
