import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { PickerLaunch } from '../../support/picker-launch.js';

const REASON = 'x-llm-d-request-dropped-reason';
const PATH = [':path', '/v1/chat/completions'] as const;
const CHAT = { model: 'm', messages: [] };
let launch: PickerLaunch;

beforeEach(() => void (launch = new PickerLaunch()));
afterEach(() => launch.stop());

/** All requests wait: one is in flight, and no more are let through. */
const FULL = {
  plugins: '- {type: concurrency-detector, parameters: {maxConcurrency: 1}}',
  rest: `
featureGates: [flowControl]
flowControl: {defaultRequestTTL: 60s, saturationDetector: {pluginRef: concurrency-detector}}`,
};

describe('--decision-timeout', () => {
  it('bounds the time from the last byte to the decision, that in queues included', async () => {
    const config = launch.config(FULL.plugins, FULL.rest);
    const flags = [`--config-text=${config}`, '--secure-serving=false'];
    const picker = await launch.start([...flags, '--decision-timeout=300ms']);
    await picker.ready();
    const client = await launch.connect(picker.port);
    const first = client.stream();
    expect((await playRequest(first, { body: CHAT })).endpoint).toBe('10.9.0.1:8000');
    for (const mode of ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'NONE'] as const) {
      const stream = client.stream();
      const began = performance.now();
      const { immediate } = await playRequest(stream, { body: CHAT, mode });
      expect(performance.now() - began).toBeGreaterThan(250);
      expect([immediate?.status, immediate?.headers[REASON]]).toEqual([503, 'rejected-deadline']);
      expect(JSON.parse(immediate!.body.toString())).toMatchObject({ error: { code: 503 } });
      expect((await stream.ended()).code).toBe(0);
    }
    first.halfClose();
    await first.ended();
    expect((await playRequest(client.stream(), { body: CHAT })).immediate).toBeUndefined();
  });

  it('does not count while a body is still on its way', async () => {
    const [, client] = await launch.serve(['--decision-timeout=200ms']);
    const stream = client.stream();
    stream.send({ request_headers: { headers: [PATH] } });
    stream.send({ request_body: { body: '{"model":"m",' } });
    await setTimeout(600);
    stream.send({ request_body: { body: '"messages":[]}', end_of_stream: true } });
    expect((await stream.next()).kind).toBe('request_headers');
  });
});
