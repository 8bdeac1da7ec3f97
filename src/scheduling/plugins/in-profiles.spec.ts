import { describe, expect, it } from '@jest/globals';
import { pickerConfig } from '../../../test/support/picker-configs.js';
import {
  FakePluginTools,
  inferenceRequest,
  server,
  type GivenRequest,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import { DECIDER_PLUGINS } from '../decider-plugins.js';
import { FILTER_PLUGINS } from '../filter-plugins.js';
import { HANDLER_PLUGINS } from '../handler-plugins.js';
import { loadPickerConfig } from '../load-picker-config.js';
import { PARSER_PLUGINS } from '../parser-plugins.js';
import { PICKER_PLUGINS } from '../picker-plugins.js';
import { PRODUCER_PLUGINS } from '../producer-plugins.js';
import { Scheduler } from '../scheduler.js';
import { SchedulingFailure } from '../scheduling-failure.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { SCORER_PLUGINS } from '../scorer-plugins.js';

const DEFINITIONS = [
  ...FILTER_PLUGINS,
  ...SCORER_PLUGINS,
  ...PICKER_PLUGINS,
  ...HANDLER_PLUGINS,
  ...DECIDER_PLUGINS,
  ...PRODUCER_PLUGINS,
  ...PARSER_PLUGINS,
];

/** A scheduler as a configuration makes it, whose decisions are told to its plugins. */
class Fixture {
  readonly tools = Object.assign(new FakePluginTools(), { source: 'test.yaml' });
  private readonly setup;
  private readonly scheduler: Scheduler;

  constructor(config: string) {
    this.setup = loadPickerConfig(pickerConfig(config), DEFINITIONS, this.tools);
    this.scheduler = new Scheduler(this.setup, this.tools);
  }

  async decide(endpoints: Server[], given: GivenRequest = {}) {
    const request = inferenceRequest({ explain: true, ...given });
    await this.scheduler.prepare(request, endpoints);
    const result = this.scheduler.schedule(request, endpoints);
    if (result instanceof SchedulingFailure) return result;
    for (const { plugin } of this.setup.listeners) plugin.decided?.(request, result);
    return result;
  }

  async send(endpoints: Server[], given: GivenRequest = {}): Promise<SchedulingResult> {
    const result = await this.decide(endpoints, given);
    if (result instanceof SchedulingFailure) throw new Error(result.message);
    return result;
  }

  /** @returns where it went */
  async sendTo(endpoints: Server[], given: GivenRequest = {}): Promise<number> {
    return endpoints.indexOf((await this.send(endpoints, given)).endpoints[0]);
  }

  answerHeaders(result: SchedulingResult): readonly (readonly [string, string])[] {
    const request = inferenceRequest();
    return this.setup.listeners.flatMap(
      ({ plugin }) => plugin.answerHeaders?.(request, result, result.endpoints[0]) ?? [],
    );
  }
}

function chat(content: string): GivenRequest {
  const body = readJsonObject(
    Buffer.from(JSON.stringify({ messages: [{ role: 'user', content }] })),
  );
  return { body, text: content };
}

const servers = (count: number) => Array.from({ length: count }, (_, i) => server(i));

describe('plugins in profiles', () => {
  it('prefill beside the server that decodes', async () => {
    const at = (number: number, role: string, host: string) =>
      server(number, { labels: { 'llm-d.ai/role': role, 'kubernetes.io/hostname': host } });
    const all = [
      at(0, 'prefill', 'h1'),
      at(1, 'prefill', 'h2'),
      at(2, 'prefill', 'h3'),
      at(3, 'decode', 'h3'),
    ];
    const fixture = new Fixture(`
plugins:
  - type: prefill-filter
  - type: decode-filter
  - type: topology-extractor
  - type: topology-affinity-scorer
  - type: max-score-picker
  - type: always-disagg-pd-decider
  - type: disagg-profile-handler
    parameters: { deciders: { prefill: always-disagg-pd-decider } }
schedulingProfiles:
  - name: prefill
    plugins: [{ pluginRef: prefill-filter }, { pluginRef: topology-affinity-scorer }]
  - name: decode
    plugins: [{ pluginRef: decode-filter }]
`);
    for (const host of ['h1', 'h2', 'h3']) {
      const decoder = at(3, 'decode', host);
      const { profiles } = await fixture.send([...all.slice(0, 3), decoder], chat('hello'));
      expect(profiles.get('prefill')).toEqual([all[Number(host[1]) - 1]]);
    }
  });

  it('keep a session by the header that its answer had', async () => {
    const fixture = new Fixture(`
plugins: [{ type: session-affinity-filter }, { type: random-picker }]
`);
    const all = servers(20);
    const first = await fixture.send(all);
    const headers = Object.fromEntries(fixture.answerHeaders(first));
    for (let i = 0; i < 20; i++) {
      expect((await fixture.send(all, { headers })).endpoints).toEqual([first.endpoints[0]]);
    }
  });

  it('keep a session by its id, as long as its server is there', async () => {
    const fixture = new Fixture(`
plugins:
  - { type: session-affinity-scorer, parameters: { strategy: session_id } }
  - { type: max-score-picker }
`);
    const all = servers(20);
    const session = { headers: { 'x-session-id': 's1' } };
    const home = await fixture.sendTo(all, session);
    for (let i = 0; i < 20; i++) expect(await fixture.sendTo(all, session)).toBe(home);
    const others = all.filter((_, i) => i !== home);
    const next = others[await fixture.sendTo(others, session)];
    expect(all[await fixture.sendTo(all, session)]).toBe(next);
  });

  it('refuse with 429 when all servers are above a limit', async () => {
    const fixture = new Fixture(`
plugins:
  - type: utilization-filter
    parameters: { conditions: [{ metric: waiting-queue, maxValue: 3 }] }
`);
    const busy = [server(0, { state: { waiting: 4 } }), server(1, { state: { waiting: 9 } })];
    expect(await fixture.decide(busy)).toMatchObject({ status: 429, reason: 'rejected-saturated' });
    expect(await fixture.sendTo([...busy, server(2, { state: { waiting: 3 } })])).toBe(2);
  });

  it('send a prompt again to the server that has it, though its producer has a name of its own', async () => {
    const fixture = new Fixture(`
plugins:
  - { type: approx-prefix-cache-producer, name: mine }
  - { type: prefix-cache-scorer }
  - { type: max-score-picker }
`);
    const all = servers(20);
    const prompt = chat('A long prompt that many blocks hold. '.repeat(100));
    const home = await fixture.sendTo(all, prompt);
    for (let i = 0; i < 20; i++) expect(await fixture.sendTo(all, prompt)).toBe(home);
  });

  it('spread prompts that no cache holds over all servers', async () => {
    const fixture = new Fixture(`
plugins:
  - { type: prefix-cache-scorer }
  - { type: no-hit-lru-scorer }
  - { type: max-score-picker }
`);
    const all = servers(8);
    const homes: number[] = [];
    for (let i = 0; i < 24; i++) homes.push(await fixture.sendTo(all, chat(`${i} `.repeat(400))));
    expect(homes.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(homes.slice(8, 16)).toEqual(homes.slice(0, 8));
    expect(homes.slice(16)).toEqual(homes.slice(0, 8));
  });

  it('send long prompts to servers for long ones', async () => {
    const fixture = new Fixture(`
plugins:
  - { type: context-length-aware, parameters: { enableFiltering: true } }
  - { type: max-score-picker }
`);
    const label = (range: string) => ({ labels: { 'llm-d.ai/context-length-range': range } });
    const all = [server(0, label('0-500')), server(1, label('501-100000'))];
    expect(await fixture.sendTo(all, chat('short'))).toBe(0);
    expect(await fixture.sendTo(all, chat('long '.repeat(1000)))).toBe(1);
  });

  it('say scores as they were before the weight', async () => {
    const fixture = new Fixture(`
plugins: [{ type: queue-scorer }, { type: load-aware-scorer }, { type: max-score-picker }]
schedulingProfiles:
  - name: default
    plugins:
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: load-aware-scorer, weight: 4 }
      - { pluginRef: max-score-picker }
`);
    const all = [server(0, { state: { waiting: 64 } }), server(1)];
    const { records } = await fixture.send(all);
    expect(records?.get('default')?.scores).toEqual({
      [all[0]!.id]: { 'queue-scorer': 0, 'load-aware-scorer': 0.25, total: 1 },
      [all[1]!.id]: { 'queue-scorer': 1, 'load-aware-scorer': 0.5, total: 4 },
    });
  });
});
