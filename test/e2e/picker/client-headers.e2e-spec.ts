import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BodyMode, HeaderLines } from '../../support/ext-proc-messages.js';
import { applyMutation } from '../../support/ext-proc-headers.js';
import { PickerProgram } from '../../support/picker-program.js';

const A = '10.9.0.1:8000';
const EVIL = '6.6.6.6:666';
const MODES: readonly BodyMode[] = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'];
const BODY = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const DESTINATION = 'x-gateway-destination-endpoint';
/** That no model server may see. */
const REMOVED = [
  'x-gateway-destination-endpoint-served',
  'x-gateway-destination-endpoint-subset',
  'x-gateway-destination-endpoint-scores',
  'x-gateway-destination-endpoint-fallback',
  'x-prefiller-host-port',
  'x-encoder-hosts-ports',
  'x-data-parallel-host-port',
  'x-kv-cache-source-host-port',
  'x-llm-d-inference-objective',
  'x-llm-d-inference-fairness-id',
  'x-llm-d-slo-ttft-ms',
  'x-llm-d-slo-tpot-ms',
  'x-gateway-inference-objective',
  'x-gateway-inference-fairness-id',
  'x-slo-ttft-ms',
  'x-slo-tpot-ms',
  'x-tandem-explain',
];
const REWRITES = ['x-llm-d-model-name-rewrite', 'x-gateway-model-name-rewrite'];
const STEERING: HeaderLines = [DESTINATION, ...REMOVED].map((name) => [name, EVIL] as const);
const KEPT: HeaderLines = [
  ['authorization', 'Bearer t'],
  ['x-forwarded-for', '10.0.0.9'],
  ['x-gateway-destination-endpoints', 'k'],
  ['x-llm-d-other', 'k'],
  ['accept', 'text/event-stream'],
  ['cookie', 'a=b; c=d'],
  ['x-text', 'grüße'],
];

let picker: PickerProgram;
let explaining: PickerProgram;

beforeAll(async () => {
  const setup = { endpoints: [{ name: 'a', endpoint: A }] };
  picker = await PickerProgram.configured(setup);
  explaining = await PickerProgram.configured({ ...setup, flags: ['--explain'] });
});
afterAll(async () => {
  await picker.stop();
  await explaining.stop();
});

describe('what a model server sees of the headers of a client', () => {
  it.each(MODES)('is nothing that steers in mode %s, and all else', async (mode) => {
    const all: HeaderLines = [...STEERING, ...KEPT];
    const lines = (upper: boolean): HeaderLines =>
      upper ? all.map(([name, value]) => [name.toUpperCase(), value] as const) : all;
    for (const sut of [picker, explaining]) {
      for (const body of [undefined, BODY]) {
        for (const headers of [all, lines(true)]) {
          const sent = { mode, headers, ...(body && { body }) };
          const { headers: seen, endpoint, stream } = await sut.ask(sent);
          expect(endpoint).toBe(A);
          expect(REMOVED.filter((name) => seen.has(name))).toEqual([]);
          for (const [name, value] of KEPT) expect([name, seen.get(name)]).toEqual([name, value]);
          expect([...seen.values()]).not.toContain(EVIL);
          stream.cancel();
        }
      }
    }
  });

  it.each(MODES)('is no name of a rewrite in mode %s', async (mode) => {
    for (const name of REWRITES) {
      const headers = [[name, 'other']] as const;
      const { headers: seen, stream } = await picker.ask({ mode, headers, body: BODY });
      expect(seen.has(name)).toBe(false);
      stream.cancel();
    }
  });

  it('is nothing that steers of a buffered request without a body, but with trailers', async () => {
    const stream = picker.client.stream();
    const headers: HeaderLines = [[':path', '/any'], ...STEERING];
    stream.send({
      request_headers: { headers },
      protocol_config: { request: 'BUFFERED', response: 'NONE' },
    });
    const seen = applyMutation(new Map(headers), await stream.next());
    expect([...seen.keys()]).toEqual([':path']);
    stream.send({ request_trailers: [['x-sum', '1']] });
    const { dynamicMetadata } = await stream.next();
    expect(dynamicMetadata).toEqual({ 'envoy.lb': { [DESTINATION]: A } });
    stream.cancel();
  });

  it('is its request id, or a new one', async () => {
    const mine = await picker.ask({ body: BODY, headers: [['X-Request-Id', 'mine-1']] });
    expect(mine.headers.get('x-request-id')).toBe('mine-1');
    const ids = new Set<string>();
    for (const headers of [[], [], [['x-request-id', '']]] as const) {
      const { headers: seen, stream } = await picker.ask({ body: BODY, headers });
      const id = seen.get('x-request-id')!;
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      ids.add(id);
      stream.cancel();
    }
    expect(ids.size).toBe(3);
    mine.stream.cancel();
  });

  it.each(MODES)('is a true content-length, if any, in mode %s', async (mode) => {
    const rewritten = [['x-llm-d-model-name-rewrite', 'a-much-longer-name']] as const;
    for (const headers of [[], rewritten] as const) {
      const { headers: seen, body, stream } = await picker.ask({ mode, headers, body: BODY });
      const length = seen.get('content-length');
      if (length !== undefined) expect(Number(length)).toBe(body.length);
      stream.cancel();
    }
  });

  it('is read from value where raw_value is empty, as older proxies write it', async () => {
    const headers: HeaderLines = [
      [':path', '/v1/chat/completions'],
      ['X-Request-ID', 'one'],
      ['x-llm-d-model-name-rewrite', 'other'],
    ];
    const stream = picker.client.stream();
    stream.send({ request_headers: { headers, text: true } });
    stream.send({ request_body: { body: JSON.stringify(BODY), end_of_stream: true } });
    const head = await stream.next();
    expect(head.setHeaders.map(({ name }) => name)).not.toContain('x-request-id');
    stream.halfClose();
    await stream.ended();
    const pieces = stream.received.flatMap(({ streamed }) => streamed?.body ?? []);
    const body = Buffer.concat(pieces).toString();
    expect(body).toBe(JSON.stringify({ ...BODY, model: 'other' }));
  });
});
