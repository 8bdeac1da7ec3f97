import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { eventually, PickerProgram } from '../../support/picker-program.js';
import { VllmServer, type ToldLoad } from '../../support/vllm-server.js';

const ROLE = 'llm-d.ai/role';
const opened: { stop(): Promise<unknown> }[] = [];
let picker: PickerProgram;

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

type Labels = Readonly<Record<string, string>>;

/** Endpoints with these labels, by their names, and one profile of this filter. */
async function start(
  labels: Readonly<Record<string, Labels>>,
  filter: string,
  loads?: readonly ToldLoad[],
): Promise<void> {
  const endpoints = await Promise.all(
    Object.entries(labels).map(async ([name, own], i) => {
      const load = loads?.[i];
      if (!load) return { name, endpoint: `10.9.0.${i + 1}:8000`, labels: own };
      const server = await VllmServer.start(name, load, own);
      opened.push(server);
      return server;
    }),
  );
  picker = await PickerProgram.configured({
    endpoints,
    metrics: loads !== undefined,
    plugins: `- {name: sut, ${filter}}`,
    config: 'schedulingProfiles: [{name: only, plugins: [{pluginRef: sut}]}]',
    flags: ['--explain'],
  });
  opened.push(picker);
  names = new Map(endpoints.map(({ name, endpoint }) => [endpoint, name]));
}

let names: ReadonlyMap<string, string>;

/** @returns names of the endpoints that are left */
async function left(request?: PlayedRequest): Promise<string[]> {
  const { stream } = await picker.chat('hello', request);
  stream.cancel();
  const { profiles } = await picker.explained();
  const { candidates, filters } = profiles['only']!;
  expect(filters.map(({ plugin }) => plugin)).toEqual(['sut']);
  const dropped = new Set(filters[0]!.dropped);
  expect(candidates).toEqual([...names.keys()]);
  return candidates.filter((id) => !dropped.has(id)).map((id) => names.get(id)!);
}

const ROLES = {
  prefill: { [ROLE]: 'prefill' },
  decode: { [ROLE]: 'decode' },
  both: { [ROLE]: 'both' },
  'prefill-decode': { [ROLE]: 'prefill-decode' },
  encode: { [ROLE]: 'encode' },
  'encode-prefill': { [ROLE]: 'encode-prefill' },
  'encode-prefill-decode': { [ROLE]: 'encode-prefill-decode' },
  other: { [ROLE]: 'other' },
  none: {},
};

describe('filters of roles', () => {
  it.each([
    ['decode-filter', ['decode', 'both', 'prefill-decode', 'encode-prefill-decode', 'none']],
    [
      'prefill-filter',
      ['prefill', 'both', 'prefill-decode', 'encode-prefill', 'encode-prefill-decode'],
    ],
    ['encode-filter', ['encode', 'encode-prefill', 'encode-prefill-decode']],
  ])('%s leaves its own', async (type, expected) => {
    await start(ROLES, `type: ${type}`);
    expect(await left()).toEqual(expected);
  });
});

describe('filters of labels', () => {
  const LABELS = {
    a: { tier: 'gold', zone: '1' },
    b: { tier: 'silver', zone: '1' },
    c: { zone: '2' },
    d: {},
  };

  it.each([
    ['matchLabels: {tier: gold}', ['a']],
    ['matchLabels: {tier: gold, zone: "2"}', []],
    ['matchExpressions: [{key: tier, operator: In, values: [gold, silver]}]', ['a', 'b']],
    ['matchExpressions: [{key: tier, operator: NotIn, values: [gold]}]', ['b', 'c', 'd']],
    ['matchExpressions: [{key: tier, operator: Exists}]', ['a', 'b']],
    ['matchExpressions: [{key: tier, operator: DoesNotExist}]', ['c', 'd']],
    [
      'matchLabels: {zone: "1"}, matchExpressions: [{key: tier, operator: NotIn, values: [gold]}]',
      ['b'],
    ],
  ])('label-selector-filter {%s}', async (parameters, expected) => {
    for (const type of ['label-selector-filter', 'by-label-selector']) {
      await start(LABELS, `type: ${type}, parameters: {${parameters}}`);
      if (expected.length > 0) expect(await left()).toEqual(expected);
      else expect((await picker.chat('x')).immediate).toBeDefined();
    }
  });

  it.each([
    ['label: tier, validValues: [gold]', ['a']],
    ['label: tier, validValues: [gold], allowsNoLabel: true', ['a', 'c', 'd']],
  ])('by-label {%s}', async (parameters, expected) => {
    await start(LABELS, `type: by-label, parameters: {${parameters}}`);
    expect(await left()).toEqual(expected);
  });
});

describe('utilization-filter', () => {
  const LOADS = [
    { waiting: 0, running: 9, kvUsage: 0.2 },
    { waiting: 4, running: 1, kvUsage: 0.5 },
    { waiting: 9, running: 5, kvUsage: 0.9 },
  ];
  const THREE = { a: {}, b: {}, c: {} };
  const conditions = (...all: readonly string[]) =>
    `type: utilization-filter, parameters: {conditions: [${all.join()}]}`;

  it.each([
    [['{metric: waiting-queue, maxValue: 4}'], ['a', 'b']],
    [['{metric: running-requests, maxValue: 5}'], ['b', 'c']],
    [['{metric: kv-cache-utilization, maxValue: 0.5}'], ['a', 'b']],
    [['{metric: waiting-queue, maxValue: 4}', '{metric: running-requests, maxValue: 5}'], ['b']],
  ])('leaves whom all of %j hold for', async (all, expected) => {
    await start(THREE, conditions(...all), LOADS);
    await eventually(
      () => left().catch(() => []),
      (told) => told.join() === expected.join(),
    );
  });

  it('leaves nobody, or all with fallbackOnEmpty', async () => {
    const none = '{metric: waiting-queue, maxValue: 1}';
    const loads = LOADS.map((load) => ({ ...load, waiting: 5 }));
    await start(THREE, conditions(none), loads);
    const { immediate } = await eventually(
      () => picker.chat('x'),
      (decision) => decision.immediate !== undefined,
    );
    expect(immediate?.status).toBe(429);
    const parameters = `{conditions: [${none}], fallbackOnEmpty: true}`;
    await start(THREE, `type: utilization-filter, parameters: ${parameters}`, loads);
    await eventually(
      () => picker.metric('llm_d_epp_per_endpoint_queue_size'),
      (sum) => sum === 15,
    );
    expect(await left()).toEqual(['a', 'b', 'c']);
  });
});

describe('filters of what endpoints hold', () => {
  const THREE = { a: {}, b: {}, c: {} };

  it('session-affinity-filter leaves the session’s, and all where it has none', async () => {
    await start(THREE, 'type: session-affinity-filter');
    const token = (text: string) => ({
      headers: [['x-session-token', Buffer.from(text).toString('base64')]] as const,
    });
    expect(await left(token('default/b'))).toEqual(['b']);
    expect(await left(token('default/gone'))).toEqual(['a', 'b', 'c']);
    expect(await left({ headers: [['x-session-token', '%%%']] })).toEqual(['a', 'b', 'c']);
    expect(await left()).toEqual(['a', 'b', 'c']);
  });

  it('session-affinity-filter keeps a session by its id', async () => {
    await start(THREE, 'type: session-affinity-filter, parameters: {strategy: session_id}');
    for (const id of ['one', 'two', 'three', 'four']) {
      const headers = [['x-session-id', id]] as const;
      const first = await picker.chat('x', { headers });
      for (let i = 0; i < 4; i++) {
        expect((await picker.chat(`${i}`, { headers })).endpoint).toBe(first.endpoint);
      }
      expect(await left({ headers })).toEqual([names.get(first.endpoint!)]);
    }
  });

  it('prefix-cache-affinity-filter leaves who has most of the prompt, or all', async () => {
    await start(THREE, 'type: prefix-cache-affinity-filter');
    const prompt = 'All that one may say. '.repeat(200);
    expect(await left()).toEqual(['a', 'b', 'c']);
    const first = await picker.chat(prompt);
    first.stream.cancel();
    for (const more of ['', ' And more.']) {
      (await picker.chat(prompt + more)).stream.cancel();
      const { profiles, picked } = await picker.explained();
      expect(profiles['only']!.filters[0]!.dropped).toHaveLength(2);
      expect(picked).toEqual([first.endpoint]);
    }
    (await picker.chat(prompt + 'x'.repeat(3000))).stream.cancel();
    const { profiles } = await picker.explained();
    expect(profiles['only']!.filters[0]!.dropped).toEqual([]);
  });
});
