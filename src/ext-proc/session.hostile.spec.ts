import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExtProcClient } from '../../test/support/ext-proc-client.js';
import { playRequest } from '../../test/support/ext-proc-exchange.js';
import type { StructValue } from '../../test/support/protobuf-struct.js';
import { until } from '../../test/support/raw-client.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { BufferBudget } from '../proxy/buffer-budget.js';
import type { Decider, ExchangeEnd, Route, Verdict } from './decider.js';
import { ExtProcSession } from './session.js';

let server: GrpcServer;
let client: ExtProcClient;
let begun: number;
let ends: ExchangeEnd[];
let failures: unknown[];
let budget: BufferBudget;
let decide: () => Verdict | Promise<Verdict>;

const DECIDER: Decider = {
  removedHeaders: [],
  decide: () => decide(),
  refusalOf: ({ status, code }) => ({
    kind: 'refusal',
    status,
    headers: [],
    body: code,
    details: '',
  }),
};
const MOST = 1_000_000;

/** Each is counted from here to its end. */
function route(): Route {
  // Streams of the test before may end while this one runs.
  const mine = ends;
  begun++;
  return {
    kind: 'route',
    headers: { set: [['x-gateway-destination-endpoint', '10.0.0.1:80']] },
    metadata: {},
    exchange: {
      answered: () => ({ headers: undefined, transform: undefined }),
      ended: (how) => void mine.push(how),
    },
  };
}

beforeEach(async () => {
  begun = 0;
  ends = [];
  failures = [];
  decide = route;
  budget = new BufferBudget(MOST);
  const path = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
  server = new GrpcServer({
    methods: new Map([[path, (call) => call.serve(new ExtProcSession(call, DECIDER, budget))]]),
    mostBytes: 2 ** 26,
    budget,
    failed: (error) => failures.push(error),
  });
  client = await ExtProcClient.connect(await server.listen(0, '127.0.0.1'));
});

afterEach(async () => {
  await client.close();
  server.close();
  await until(() => budget.held === 0);
  expect(failures).toEqual([]);
});

const HEADERS = { headers: [[':path', '/']], end_of_stream: true } as const;

describe('a session of ext_proc with a proxy that breaks the rules', () => {
  it('decides once: headers that come again end the stream, and with it what was counted', async () => {
    const stream = client.stream();
    await playRequest(stream, {});
    stream.send({ request_headers: HEADERS });
    expect((await stream.ended()).code).toBe(3);
    expect([begun, ends]).toEqual([1, ['client-gone']]);
  });

  it('takes no headers behind the body', async () => {
    const stream = client.stream();
    stream.send({ request_body: { body: 'abc', end_of_stream: true } });
    stream.send({ request_headers: HEADERS });
    expect((await stream.ended()).code).toBe(3);
    expect([begun, ends]).toEqual([1, ['client-gone']]);
  });

  it('tells a proxy that has said all what was decided later', async () => {
    const later = Promise.withResolvers<Verdict>();
    decide = () => later.promise;
    const stream = client.stream();
    stream.send({ request_headers: { headers: [[':path', '/']] } });
    stream.send({ request_body: { body: 'abc', end_of_stream: true } });
    stream.halfClose();
    setTimeout(() => later.resolve(route()), 50);
    const kinds = [(await stream.next()).kind, (await stream.next()).kind];
    expect(kinds).toEqual(['request_headers', 'request_body']);
    expect((await stream.ended()).code).toBe(0);
    expect(ends).toEqual(['client-gone']);
  });

  it('ends what was decided after the proxy had said all, in mode NONE too', async () => {
    const later = Promise.withResolvers<Verdict>();
    let asked = 0;
    decide = () => {
      asked++;
      return later.promise;
    };
    const stream = client.stream();
    const modes = { request: 'BUFFERED', response: 'NONE' } as const;
    stream.send({ request_headers: HEADERS, protocol_config: modes });
    await until(() => asked === 1);
    stream.halfClose();
    later.resolve(route());
    await stream.ended();
    await until(() => ends.length === 1);
    expect([begun, ends]).toEqual([1, ['completed']]);
  });

  it('answers in place of the server where a body is more than all bodies may be', async () => {
    const stream = client.stream();
    stream.send({ request_headers: { headers: [[':path', '/']] } });
    for (let sent = 0; sent <= MOST; sent += 50_000) {
      stream.send({ request_body: { body: Buffer.alloc(50_000) } });
    }
    expect((await stream.next()).immediate?.status).toBe(503);
    expect((await stream.ended()).code).toBe(0);
    expect([begun, budget.held]).toEqual([0, 0]);
  });

  it('refuses who comes while others hold the memory, and takes him when they have gone', async () => {
    const first = client.stream();
    first.send({ request_headers: { headers: [[':path', '/']] } });
    first.send({ request_body: { body: Buffer.alloc(600_000) } });
    await until(() => budget.held === 600_000);
    const body = Buffer.alloc(500_000);
    const refused = await playRequest(client.stream(), { body });
    expect(refused.immediate?.body.toString()).toBe('buffers_full');
    first.cancel();
    await until(() => budget.held === 0);
    expect((await playRequest(client.stream(), { body })).body.equals(body)).toBe(true);
  });

  it('bounds what it keeps of a proxy that does not wait for the decision', async () => {
    const later = Promise.withResolvers<Verdict>();
    decide = () => later.promise;
    const stream = client.stream();
    const modes = { request: 'STREAMED', response: 'STREAMED' } as const;
    stream.send({ request_headers: { headers: [[':path', '/']] }, protocol_config: modes });
    for (let sent = 0; sent < MOST / 500; sent++) stream.send({ request_body: { body: '' } });
    expect((await stream.next()).immediate?.status).toBe(503);
    later.resolve(route());
    await until(() => ends.length === 1);
    expect([budget.held, ends]).toEqual([0, ['client-gone']]);
  });

  it('ends a stream whose metadata is nested too deep with a status that says so', async () => {
    let nested: StructValue = 'x';
    for (let i = 0; i < 100; i++) nested = [nested];
    const stream = client.stream();
    const metadata = { 'envoy.lb.subset_hint': { nested } };
    stream.send({ request_headers: HEADERS, metadata });
    expect((await stream.ended()).code).toBe(3);
    expect(begun).toBe(0);
  });
});
