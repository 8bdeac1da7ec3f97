import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playAnswer } from '../../support/ext-proc-answer.js';
import type { ExtProcStream } from '../../support/ext-proc-client.js';
import { playRequest, type PlayedDecision } from '../../support/ext-proc-exchange.js';
import { PickerFixture } from '../../support/picker-fixture.js';

const REASON = 'x-llm-d-request-dropped-reason';
const ENDPOINT = '10.9.0.1:8000';

/** A request, as far as it has come. */
interface Played {
  readonly stream: ExtProcStream;
  readonly decided: Promise<PlayedDecision>;
}

let folder: string;
let picker: PickerFixture;
let log: string[];

/** One server, which takes one request at a time. */
async function start(flowControl: string): Promise<void> {
  const path = join(folder, 'endpoints.json');
  writeFileSync(path, '{"endpoints":[{"name":"a","address":"10.9.0.1","port":8000}]}');
  const config = `
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
featureGates: [flowControl]
plugins:
- {type: file-discovery, parameters: {path: ${JSON.stringify(path)}}}
- {type: concurrency-detector, parameters: {maxConcurrency: 1}}
- {type: round-robin-fairness-policy}
dataLayer: {injectDefaults: false, discovery: {pluginRef: file-discovery}}
flowControl: {saturationDetector: {pluginRef: concurrency-detector}, ${flowControl}}
`;
  picker = await PickerFixture.start([
    ...['--grpc-port=0', '--grpc-health-port=0', '--metrics-port=0', '--secure-serving=false'],
    ...[`--config-text=${config}`, '--objectives=low=-1,high=5'],
  ]);
}

/** @param objective by which it has its priority @param flow whose it is */
function ask(name: string, objective = '', flow = ''): Played {
  const stream = picker.client.stream();
  const headers = [
    ...(objective ? [['x-llm-d-inference-objective', objective] as const] : []),
    ...(flow ? [['x-llm-d-inference-fairness-id', flow] as const] : []),
  ];
  const body = { model: 'm', messages: [{ role: 'user', content: name }] };
  const decided = playRequest(stream, { headers, body }).then((decision) => {
    log.push(`${name} ${decision.immediate?.headers[REASON] ?? decision.endpoint}`);
    return decision;
  });
  decided.catch(() => undefined);
  return { stream, decided };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-flow-'));
  log = [];
});
afterEach(async () => {
  await picker.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('flow control', () => {
  it('serves by priority and in turns, and refuses whom it has no room for', async () => {
    await start(
      'defaultPriorityBand: {maxRequests: 3, fairnessPolicyRef: round-robin-fairness-policy}',
    );
    const first = ask('first');
    await first.decided;
    const waiting: Played[] = [];
    for (const [name, flow] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['c1', 'c'],
    ] as const) {
      waiting.push(ask(name, '', flow));
    }
    const refused = await waiting[3]!.decided;
    expect(refused.immediate).toMatchObject({ status: 429 });
    expect(log).toEqual([`first ${ENDPOINT}`, 'c1 rejected-saturated']);
    const high = ask('high', 'high');
    // The refusal of another one says that it has come to the queue.
    await ask('c2').decided;
    await playAnswer(first.stream);
    await high.decided;
    for (const played of [high, waiting[0]!, waiting[2]!, waiting[1]!]) {
      await played.decided;
      await playAnswer(played.stream);
    }
    expect(log.slice(3)).toEqual(['high', 'a1', 'b1', 'a2'].map((name) => `${name} ${ENDPOINT}`));
  });

  it('refuses who waited longer than its time', async () => {
    await start('defaultRequestTTL: 200ms');
    await ask('first').decided;
    expect((await ask('second').decided).immediate).toMatchObject({ status: 429 });
    expect(log[1]).toBe('second rejected-ttl-expired');
  });

  it('gives the place of a client that left to the next', async () => {
    await start('maxRequests: 1');
    const first = ask('first');
    await first.decided;
    const second = ask('second');
    await ask('third').decided;
    second.stream.cancel();
    await playAnswer(first.stream);
    expect((await ask('fourth').decided).endpoint).toBe(ENDPOINT);
    expect(log).toEqual([
      ...[`first ${ENDPOINT}`, 'third rejected-saturated', `fourth ${ENDPOINT}`],
    ]);
  });

  it('cuts a request below priority 0 for one above', async () => {
    await start('enableEviction: true');
    const low = ask('low', 'low');
    await low.decided;
    const high = ask('high', 'high');
    const cut = await low.stream.next();
    expect(cut.immediate).toMatchObject({ status: 429 });
    expect(cut.immediate?.headers[REASON]).toBe('evicted');
    expect((await high.decided).endpoint).toBe(ENDPOINT);
  });

  it('refuses who waits when it shuts down', async () => {
    await start('');
    const first = ask('first');
    await first.decided;
    const second = ask('second');
    await picker.client.health();
    const closing = picker.picker.drain();
    expect((await second.decided).immediate).toMatchObject({ status: 503 });
    expect(log[1]).toBe('second rejected-shutting-down');
    await playAnswer(first.stream);
    await closing;
  });
});
