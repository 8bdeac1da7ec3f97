import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExtProcClient } from '../../test/support/ext-proc-client.js';
import { playRequest } from '../../test/support/ext-proc-exchange.js';
import type { StructValue } from '../../test/support/protobuf-struct.js';
import { until } from '../../test/support/raw-client.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import type { Decider, ExchangeEnd, Route, Verdict } from './decider.js';
import { ExtProcSession } from './session.js';

let server: GrpcServer;
let client: ExtProcClient;
let begun: number;
let ends: ExchangeEnd[];
let failures: unknown[];
let decide: () => Verdict | Promise<Verdict>;

const DECIDER: Decider = { removedHeaders: [], decide: () => decide() };

/** Each is counted from here to its end. */
function route(): Route {
  begun++;
  return {
    kind: 'route',
    headers: { set: [['x-gateway-destination-endpoint', '10.0.0.1:80']] },
    metadata: {},
    exchange: {
      answered: () => ({ headers: undefined, transform: undefined }),
      ended: (how) => void ends.push(how),
    },
  };
}

beforeEach(async () => {
  begun = 0;
  ends = [];
  failures = [];
  decide = route;
  const path = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
  server = new GrpcServer({
    methods: new Map([[path, (call) => call.serve(new ExtProcSession(call, DECIDER))]]),
    mostBytes: 2 ** 26,
    failed: (error) => failures.push(error),
  });
  client = await ExtProcClient.connect(await server.listen(0, '127.0.0.1'));
});

afterEach(async () => {
  await client.close();
  server.close();
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
    await stream.ended();
    later.resolve(route());
    await until(() => ends.length === 1);
    expect([begun, ends]).toEqual([1, ['client-gone']]);
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
