import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { playAnswer } from '../../support/ext-proc-answer.js';
import type { ExtProcStream } from '../../support/ext-proc-client.js';
import {
  playRequest,
  type PlayedDecision,
  type PlayedRequest,
} from '../../support/ext-proc-exchange.js';
import { eventually, PickerProgram, type ProgramSetup } from '../../support/picker-program.js';
import { VllmServer } from '../../support/vllm-server.js';

const REASON = 'x-llm-d-request-dropped-reason';
const SIZE = 'llm_d_epp_flow_control_queue_size';
const OUTCOMES = 'llm_d_epp_flow_control_requests_total';
const A = { name: 'a', endpoint: '10.9.0.1:8000' };
const ONE_AT_A_TIME = '- {type: concurrency-detector, parameters: {maxConcurrency: 1}}\n';

interface Queued {
  readonly stream: ExtProcStream;
  readonly decided: Promise<PlayedDecision>;
}

const opened: { stop(): Promise<unknown> }[] = [];
let picker: PickerProgram;
let answered: string[];
let streams: Map<string, ExtProcStream>;

beforeEach(() => {
  answered = [];
  streams = new Map();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

async function launch(setup: ProgramSetup): Promise<void> {
  picker = await PickerProgram.configured({
    ...setup,
    config: `featureGates: [flowControl]\n${setup.config ?? ''}`,
    flags: ['--objectives=low=-5,high=10,higher=20', ...(setup.flags ?? [])],
  });
  opened.push(picker);
}

/** One server, which takes one request at a time. @param section of flow control @param plugins beside the detector */
async function start(section: string, plugins = '', endpoints = [A]): Promise<void> {
  await launch({
    endpoints,
    plugins: ONE_AT_A_TIME + plugins,
    config: `flowControl: {saturationDetector: {pluginRef: concurrency-detector}, ${section}}`,
  });
}

type Header = readonly [name: string, value: string];

const objective = (name: string): Header => ['x-llm-d-inference-objective', name];
const flow = (name: string): Header => ['x-llm-d-inference-fairness-id', name];
const slo = (milliseconds: number): Header => ['x-llm-d-slo-ttft-ms', String(milliseconds)];

function send(name: string, headers: readonly Header[] = [], more: PlayedRequest = {}): Queued {
  const stream = picker.client.stream();
  streams.set(name, stream);
  const body = { model: 'm', messages: [{ role: 'user', content: name }] };
  const decided = playRequest(stream, { body, headers, ...more }).then((decision) => {
    answered.push(decision.immediate ? `${name} ${decision.immediate.headers[REASON]}` : name);
    return decision;
  });
  decided.catch(() => undefined);
  return { stream, decided };
}

const queueIs = (size: number) =>
  eventually(
    () => picker.metric(SIZE),
    (told) => told === size,
  );

/** Sends it, and waits until it waits. */
async function queue(name: string, ...headers: readonly Header[]): Promise<Queued> {
  const before = await picker.metric(SIZE);
  const queued = send(name, headers);
  await queueIs(before + 1);
  return queued;
}

/** Ends one request after the other. @returns the order in which they were decided */
async function inOrder(count: number): Promise<string[]> {
  for (let i = 0; i < count; i++) {
    await eventually(
      () => Promise.resolve(answered.length),
      (length) => length > i,
    );
    streams.get(answered[i]!)!.halfClose();
  }
  return answered;
}

async function refused(queued: Queued, status: number, reason: string): Promise<void> {
  const { immediate } = await queued.decided;
  expect([immediate?.status, immediate?.headers[REASON]]).toEqual([status, reason]);
  expect(JSON.parse(immediate!.body.toString())).toMatchObject({ error: { code: status } });
}

describe('requests that wait', () => {
  it('go by priority, then in the order in which they came', async () => {
    await start('');
    await send('first').decided;
    await queue('low', objective('low'));
    await queue('a');
    await queue('unknown', objective('nobody'));
    await queue('high', objective('high'));
    await queue('old', ['x-gateway-inference-objective', 'higher']);
    await queue('b');
    expect(await inOrder(7)).toEqual(['first', 'old', 'high', 'a', 'unknown', 'b', 'low']);
    expect(await picker.metric(OUTCOMES, 'outcome="Dispatched"')).toBe(7);
    expect(await picker.metric(SIZE)).toBe(0);
  });

  it('go in turns of their flows: round-robin-fairness-policy', async () => {
    await start(
      'defaultPriorityBand: {fairnessPolicyRef: round-robin-fairness-policy}',
      '- {type: round-robin-fairness-policy}',
    );
    await send('first').decided;
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) await queue(name, flow(name[0]!));
    expect(await inOrder(7)).toEqual(['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('go as they came whatever their flows: global-strict-fairness-policy', async () => {
    await start('');
    await send('first').decided;
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3']) await queue(name, flow(name[0]!));
    expect(await inOrder(6)).toEqual(['first', 'a1', 'a2', 'b1', 'c1', 'a3']);
  });

  it('go by who had least: program-aware-fairness', async () => {
    await start(
      'defaultPriorityBand: {fairnessPolicyRef: program-aware-fairness}',
      '- {type: program-aware-fairness}',
    );
    const first = send('first', [flow('a')]);
    await first.decided;
    for (const name of ['a1', 'a2', 'b1']) await queue(name, flow(name[0]!));
    const usage = { prompt_tokens: 9000, completion_tokens: 1000 };
    await playAnswer(first.stream, { chunks: [JSON.stringify({ usage })] });
    expect(await inOrder(4)).toEqual(['first', 'b1', 'a1', 'a2']);
  });

  it('go by their deadlines: slo-deadline-ordering-policy', async () => {
    await start(
      'defaultPriorityBand: {orderingPolicyRef: slo-deadline-ordering-policy}',
      '- {type: slo-deadline-ordering-policy}',
    );
    await send('first').decided;
    await queue('none');
    await queue('late', slo(50_000));
    await queue('soon', slo(10_000));
    await queue('old', ['x-slo-ttft-ms', '30000']);
    expect(await inOrder(5)).toEqual(['first', 'soon', 'old', 'late', 'none']);
  });

  it('go by when their time is over: edf-ordering-policy', async () => {
    await start(
      'defaultPriorityBand: {orderingPolicyRef: edf-ordering-policy}',
      '- {type: edf-ordering-policy}',
    );
    await send('first').decided;
    for (const name of ['a', 'b', 'c']) await queue(name);
    expect(await inOrder(4)).toEqual(['first', 'a', 'b', 'c']);
  });

  it('are requests without a body too, and in mode BUFFERED', async () => {
    await start('');
    await send('first').decided;
    send('get', [], { path: '/v1/models', body: undefined as never });
    send('buffered', [], { mode: 'BUFFERED' });
    await queueIs(2);
    const order = await inOrder(3);
    expect(order.toSorted()).toEqual(['buffered', 'first', 'get']);
  });

  it('are none any more when their clients leave', async () => {
    await start('');
    const first = send('first');
    await first.decided;
    const gone = await queue('gone');
    await queue('next');
    gone.stream.cancel();
    await queueIs(1);
    first.stream.halfClose();
    await eventually(
      () => Promise.resolve(answered.includes('next')),
      (isThere) => isThere,
    );
    streams.get('next')!.halfClose();
    await eventually(
      () => picker.metric('llm_d_epp_request_running'),
      (running) => running === 0,
    );
  });
});

describe('requests that are refused by flow control', () => {
  it.each([
    ['maxRequests: 2'],
    ['defaultPriorityBand: {maxRequests: 2}'],
    ['priorityBands: [{priority: 0, maxRequests: 2}]'],
  ])('find no room: %s', async (section) => {
    await start(section);
    await send('first').decided;
    await queue('second');
    await queue('third');
    await refused(send('fourth'), 429, 'rejected-saturated');
    expect(await picker.metric(OUTCOMES, 'outcome="RejectedCapacity"')).toBe(1);
  });

  it('find no room for their bytes', async () => {
    await start('maxBytes: 500');
    await send('first').decided;
    await queue('small');
    await refused(send('x'.repeat(600)), 429, 'rejected-saturated');
    await queue('small too');
  });

  it('waited too long', async () => {
    await start('defaultRequestTTL: 300ms');
    await send('first').decided;
    const began = performance.now();
    await refused(send('second'), 429, 'rejected-ttl-expired');
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(await picker.metric(OUTCOMES, 'outcome="EvictedTTL"')).toBe(1);
  });

  it('waited too long for an endpoint', async () => {
    await start('noEndpointRequestTTL: 200ms', '', []);
    await refused(send('first'), 503, 'rejected-no-endpoints');
  });

  it('wait when the program is told to end', async () => {
    await start('');
    const first = send('first');
    await first.decided;
    const waiting = [await queue('second'), await queue('third', objective('high'))];
    picker.process.signal('SIGTERM');
    for (const one of waiting) await refused(one, 503, 'rejected-shutting-down');
    first.stream.send({ response_headers: { headers: [[':status', '200']], end_of_stream: true } });
    expect((await first.stream.next()).kind).toBe('response_headers');
    first.stream.halfClose();
    expect(await picker.process.exited()).toBe(0);
  });
});

describe('requests that wait for the model servers to have room', () => {
  it.each([
    ['queue', { waiting: 5 }],
    ['KV cache', { kvUsage: 0.8 }],
  ])('go on when the %s is short again: utilization-detector', async (_name, load) => {
    const server = await VllmServer.start('a', load);
    opened.push(server);
    await launch({ endpoints: [server], metrics: true });
    await eventually(
      () => picker.metric('llm_d_epp_flow_control_pool_saturation', 'stage="effective"'),
      (saturation) => Math.abs(saturation - 1) < 1e-9,
    );
    const queued = await queue('waits');
    server.tell({});
    expect((await queued.decided).endpoint).toBe(server.endpoint);
  });

  it('go when there is an endpoint', async () => {
    await start('', '', []);
    const queued = await queue('waits');
    picker.list([A]);
    expect((await queued.decided).endpoint).toBe(A.endpoint);
  });

  it('go only as far as their priority may: static-usage-limit-policy', async () => {
    await launch({
      endpoints: [A],
      plugins:
        '- {type: concurrency-detector, parameters: {maxConcurrency: 4}}\n- {type: static-usage-limit-policy, parameters: {threshold: 0.5}}',
      config:
        'flowControl: {saturationDetector: {pluginRef: concurrency-detector}, usageLimitPolicyPluginRef: static-usage-limit-policy}',
    });
    const first = send('first');
    await first.decided;
    await send('second').decided;
    await queue('third');
    first.stream.halfClose();
    await eventually(
      () => Promise.resolve(answered.includes('third')),
      (isThere) => isThere,
    );
  });
});
