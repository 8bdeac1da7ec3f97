import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { playAnswer } from '../../test/support/ext-proc-answer.js';
import { ExtProcClient } from '../../test/support/ext-proc-client.js';
import { playRequest } from '../../test/support/ext-proc-exchange.js';
import type { BodyMode } from '../../test/support/ext-proc-messages.js';
import { until } from '../../test/support/raw-client.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { BufferBudget } from '../proxy/buffer-budget.js';
import type { PayloadTransform } from '../openai/payload-transform.js';
import type { Decider, Exchange, ExchangeEnd, ProxiedRequest, Route, Verdict } from './decider.js';
import type { ImmediateAnswer } from './processing-response.js';
import { ExtProcSession } from './session.js';

const DESTINATION = 'x-gateway-destination-endpoint';
const MODES: readonly BodyMode[] = [
  'FULL_DUPLEX_STREAMED',
  'BUFFERED',
  'BUFFERED_PARTIAL',
  'STREAMED',
  'NONE',
];

let server: GrpcServer;
let client: ExtProcClient;
let seen: Pick<ProxiedRequest, 'body' | 'hasBody' | 'subset' | 'routeName'>[] = [];
let ends: ExchangeEnd[] = [];
let served: (string | undefined)[] = [];
let transform: PayloadTransform | undefined;
let cut: ((answer: ImmediateAnswer) => void) | undefined;
let decide: (request: ProxiedRequest) => Verdict | Promise<Verdict>;
let failures: unknown[] = [];

let exchange: Exchange;

/** Of one test: streams of the one before may end while this one runs. */
function watched(): Exchange {
  const mine: ExchangeEnd[] = (ends = []);
  return {
    answered: (_headers, endpoint) => {
      served.push(endpoint);
      return { headers: { set: [['x-answer', 'yes']] }, transform };
    },
    ended: (how) => void mine.push(how),
    whenCut: (callback) => (cut = callback),
  };
}

function route(change: Partial<Route> = {}): Route {
  return {
    kind: 'route',
    headers: { set: [[DESTINATION, '10.0.0.1:80']], remove: ['x-bad'] },
    metadata: { 'envoy.lb': { [DESTINATION]: '10.0.0.1:80' } },
    exchange,
    ...change,
  };
}

beforeEach(async () => {
  seen = [];
  exchange = watched();
  served = [];
  failures = [];
  transform = undefined;
  decide = () => route();
  const decider: Decider = {
    removedHeaders: ['x-bad'],
    refusalOf: ({ status }) => ({ kind: 'refusal', status, headers: [], body: '', details: '' }),
    decide: (request) => {
      const { body, hasBody, subset, routeName } = request;
      seen.push({ body, hasBody, subset, routeName });
      return decide(request);
    },
  };
  const budget = new BufferBudget(2 ** 26);
  const path = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
  server = new GrpcServer({
    methods: new Map([[path, (call) => call.serve(new ExtProcSession(call, decider, budget))]]),
    mostBytes: 2 ** 26,
    budget,
    failed: (error) => failures.push(error),
  });
  const port = await server.listen(0, '127.0.0.1');
  client = await ExtProcClient.connect(port);
});

afterEach(async () => {
  await client.close();
  server.close();
  expect(failures).toEqual([]);
});

describe('a session of ext_proc', () => {
  it.each(MODES)('decides, lets the body through and the answer back in mode %s', async (mode) => {
    const stream = client.stream();
    const body = '{"model":"m"}'.repeat(10_000);
    const headers = [['x-bad', '1']] as const;
    const decision = await playRequest(stream, { headers, body, mode, chunk: 50_000 });
    expect([decision.endpoint, decision.metadata]).toEqual(['10.0.0.1:80', '10.0.0.1:80']);
    expect(decision.headers.has('x-bad')).toBe(false);
    expect(decision.body.toString()).toBe(body);
    const answer = await playAnswer(stream, { mode, chunks: ['data: 1\n\n', 'data: 2\n\n'] });
    expect(answer.headers.get('x-answer')).toBe('yes');
    if (mode !== 'NONE') expect(answer.body.toString()).toBe('data: 1\n\ndata: 2\n\n');
    expect((await stream.ended()).code).toBe(0);
    expect(ends).toEqual(['completed']);
    const isSeen = mode !== 'NONE' && mode !== 'STREAMED';
    expect(seen[0]!.body?.toString()).toBe(isSeen ? body : undefined);
  });

  it.each(MODES)('decides at once for a request without a body in mode %s', async (mode) => {
    const decision = await playRequest(client.stream(), { mode });
    expect(decision.endpoint).toBe('10.0.0.1:80');
    expect(seen[0]).toMatchObject({ body: undefined, hasBody: false });
  });

  it('takes a proxy that says nothing of modes for one in full duplex', async () => {
    const decision = await playRequest(client.stream(), { body: 'abc', untold: true });
    expect(decision.body.toString()).toBe('abc');
  });

  it.each<BodyMode>(['FULL_DUPLEX_STREAMED', 'BUFFERED'])(
    'answers trailers in mode %s',
    async (mode) => {
      const trailers = [['x-sum', '1']] as const;
      const decision = await playRequest(client.stream(), { body: 'abc', trailers, mode });
      expect(decision.answers.at(-1)!.kind).toBe('request_trailers');
      expect([decision.endpoint, decision.body.toString()]).toEqual(['10.0.0.1:80', 'abc']);
    },
  );

  it('sends bodies of any size in pieces of at most 62,000 bytes, and one end', async () => {
    const body = Buffer.alloc(5_000_000, 'abcdefghij');
    const { answers, body: received } = await playRequest(client.stream(), {
      body,
      chunk: 300_000,
    });
    expect(received.equals(body)).toBe(true);
    const pieces = answers.flatMap(({ streamed }) => (streamed ? [streamed] : []));
    expect(pieces.filter((piece) => piece.end_of_stream)).toHaveLength(1);
    expect(Math.max(...pieces.map((piece) => piece.body.length))).toBeLessThanOrEqual(62_000);
  });

  it('answers an empty body with an empty end', async () => {
    const { answers } = await playRequest(client.stream(), { body: '' });
    expect(answers.map(({ kind }) => kind)).toEqual(['request_headers', 'request_body']);
    expect(answers[1]!.streamed).toMatchObject({ end_of_stream: true });
    expect(seen[0]).toMatchObject({ hasBody: true });
    expect(seen[0]!.body?.length).toBe(0);
  });

  it('does not answer an end that is told twice', async () => {
    const stream = client.stream();
    await playRequest(stream, { body: 'abc' });
    stream.send({ request_body: { body: '', end_of_stream: true } });
    await playAnswer(stream, { chunks: ['x'] });
    expect(stream.received.filter(({ kind }) => kind === 'request_body')).toHaveLength(1);
    expect(ends).toEqual(['completed']);
  });

  it('takes a body of 6 MB in one message', async () => {
    const body = Buffer.alloc(6_000_000, 'x');
    const decision = await playRequest(client.stream(), { body, mode: 'BUFFERED' });
    expect(decision.body.equals(body)).toBe(true);
  });

  it.each<BodyMode>(['FULL_DUPLEX_STREAMED', 'BUFFERED'])(
    'sends another body than the client did in mode %s',
    async (mode) => {
      decide = () => route({ body: [Buffer.from('one '), Buffer.from('other')] });
      const decision = await playRequest(client.stream(), { body: 'abc', mode });
      expect(decision.body.toString()).toBe('one other');
    },
  );

  it.each(MODES)('answers in place of the server in mode %s', async (mode) => {
    const answer = { status: 503, headers: [['x-why', 'none']] as const, body: 'no', details: 'd' };
    decide = () => ({ kind: 'refusal', ...answer });
    const stream = client.stream();
    const decision = await playRequest(stream, { body: 'abc', mode });
    expect(decision.immediate).toEqual({
      status: 503,
      headers: { 'x-why': 'none' },
      body: Buffer.from('no'),
      details: 'd',
    });
    expect((await stream.ended()).code).toBe(0);
  });

  it('waits for a decision that takes its time, and loses nothing that comes meanwhile', async () => {
    const later = Promise.withResolvers<Verdict>();
    decide = () => later.promise;
    const stream = client.stream();
    stream.send({
      request_headers: { headers: [[':path', '/']] },
      protocol_config: { request: 'STREAMED', response: 'NONE' },
    });
    stream.send({ request_body: { body: 'abc', end_of_stream: true } });
    await until(() => seen.length === 1);
    later.resolve(route());
    expect([(await stream.next()).kind, (await stream.next()).kind]).toEqual([
      'request_headers',
      'request_body',
    ]);
  });

  it('tells who decides that the client has left', async () => {
    let left = 0;
    const later = Promise.withResolvers<Verdict>();
    decide = (request) => {
      request.whenGone(() => left++);
      return later.promise;
    };
    const stream = client.stream();
    stream.send({ request_headers: { headers: [[':path', '/']], end_of_stream: true } });
    await until(() => seen.length === 1);
    stream.cancel();
    await until(() => left === 1);
    later.resolve(route());
    await until(() => ends.length === 1);
    expect(ends).toEqual(['client-gone']);
  });

  it('tells of a client that leaves in the middle of the answer', async () => {
    const stream = client.stream();
    await playRequest(stream, { body: 'abc' });
    stream.send({ response_headers: { headers: [[':status', '200']] } });
    stream.send({ response_body: { body: 'data: 1\n\n' } });
    await stream.next();
    await stream.next();
    stream.cancel();
    await until(() => ends.length === 1);
    expect(ends).toEqual(['client-gone']);
  });

  it('changes an answer on its way, in modes that show it', async () => {
    const held: Buffer[] = [];
    transform = {
      whole: false,
      push: (bytes) => {
        held.push(Buffer.from(bytes.toString().toUpperCase()));
        return held.length > 1 ? held[held.length - 2]! : Buffer.alloc(0);
      },
      end: () => held.at(-1) ?? Buffer.alloc(0),
    };
    for (const mode of ['FULL_DUPLEX_STREAMED', 'STREAMED'] as const) {
      held.length = 0;
      const stream = client.stream();
      await playRequest(stream, { body: 'abc', mode });
      const answer = await playAnswer(stream, { mode, chunks: ['ab', 'cd', 'ef'] });
      expect(answer.body.toString()).toBe('ABCDEF');
    }
  });

  it('reads the subset, the route and the endpoint that has served', async () => {
    const stream = client.stream();
    await playRequest(stream, {
      body: 'abc',
      metadata: {
        'envoy.lb.subset_hint': {
          'x-gateway-destination-endpoint-subset': ['10.0.0.1:80', '[::1]:80'],
        },
      },
      attributes: { 'envoy.filters.http.ext_proc': { 'xds.route_name': 'chat-route' } },
    });
    await playAnswer(stream, { chunks: [], served: '10.0.0.9:80' });
    expect(seen[0]).toMatchObject({
      subset: ['10.0.0.1:80', '[::1]:80'],
      routeName: 'chat-route',
    });
    expect(served).toEqual(['10.0.0.9:80']);
  });

  it('lets an answer through whose request it has not seen', async () => {
    const answer = await playAnswer(client.stream(), { chunks: ['a', 'b'] });
    expect(answer.body.toString()).toBe('ab');
    expect([seen, ends]).toEqual([[], []]);
  });

  it('cuts a request for others: an answer before the head, a broken stream after it', async () => {
    const answer = { status: 429, headers: [], body: 'cut', details: 'evicted' };
    const early = client.stream();
    await playRequest(early, { body: 'abc' });
    cut!(answer);
    expect((await early.nextOrEnd())?.immediate?.status).toBe(429);
    const late = client.stream();
    await playRequest(late, { body: 'abc' });
    late.send({ response_headers: { headers: [[':status', '200']] } });
    await late.next();
    cut!(answer);
    expect((await late.ended()).code).not.toBe(0);
    expect(ends).toEqual(['cut-off', 'cut-off']);
  });

  it('ends a stream of bytes that are no messages with a status that says so', async () => {
    const stream = client.stream();
    stream.send({});
    expect((await stream.ended()).code).toBe(3);
  });

  it('tells where a buffered request without a body goes as metadata, and removes headers before', async () => {
    const stream = client.stream();
    stream.send({
      request_headers: { headers: [[':path', '/']] },
      protocol_config: { request: 'BUFFERED', response: 'NONE' },
    });
    expect((await stream.next()).removeHeaders).toEqual(['x-bad']);
    const hint = { 'x-gateway-destination-endpoint-subset': '10.0.0.1:80' };
    stream.send({
      request_trailers: [['x-sum', '1']],
      metadata: { 'envoy.lb.subset_hint': hint },
    });
    const { kind, dynamicMetadata } = await stream.next();
    expect([kind, dynamicMetadata]).toEqual([
      'request_trailers',
      { 'envoy.lb': { [DESTINATION]: '10.0.0.1:80' } },
    ]);
    expect(seen[0]!.subset).toEqual(['10.0.0.1:80']);
  });

  it('answers an answer that overtakes the decision, which is of no use any more', async () => {
    let left = 0;
    const later = Promise.withResolvers<Verdict>();
    decide = (request) => {
      request.whenGone(() => left++);
      return later.promise;
    };
    const stream = client.stream();
    stream.send({ request_headers: { headers: [[':path', '/']], end_of_stream: true } });
    await until(() => seen.length === 1);
    const answer = await playAnswer(stream, { status: 504, chunks: ['late'] });
    expect([left, answer.body.toString()]).toEqual([1, 'late']);
    later.resolve(route());
    await until(() => ends.length === 1);
    expect([ends, stream.received.map(({ kind }) => kind)]).toEqual([
      ['client-gone'],
      ['response_headers', 'response_body', 'response_body'],
    ]);
  });

  it('answers what comes after the end of an answer without another end', async () => {
    for (const mode of ['FULL_DUPLEX_STREAMED', 'STREAMED'] as const) {
      const stream = client.stream();
      await playRequest(stream, { body: 'abc', mode });
      stream.send({ response_headers: { headers: [[':status', '200']] } });
      stream.send({ response_body: { body: 'x', end_of_stream: true } });
      stream.send({ response_body: { body: '', end_of_stream: true } });
      stream.send({ response_trailers: [] });
      stream.halfClose();
      await stream.ended();
      const answers = stream.received.slice(mode === 'STREAMED' ? 3 : 2);
      const bodies = mode === 'STREAMED' ? 2 : 1;
      expect(answers.map(({ kind }) => kind)).toEqual([
        'response_headers',
        ...Array<string>(bodies).fill('response_body'),
        'response_trailers',
      ]);
    }
  });

  it.each(['request_headers', 'response_headers'] as const)(
    'ends a stream with %s twice, and loses no decision',
    async (kind) => {
      const stream = client.stream();
      await playRequest(stream, {});
      stream.send({ [kind]: { headers: [[':path', '/']], end_of_stream: false } });
      if (kind === 'response_headers') stream.send({ [kind]: { headers: [] } });
      expect(await stream.ended()).toMatchObject({ code: 3, message: `${kind} twice` });
      await until(() => ends.length === 1);
    },
  );

  it('looks at nothing that comes after it has refused', async () => {
    const later = Promise.withResolvers<Verdict>();
    decide = () => later.promise;
    const stream = client.stream();
    stream.send({ request_headers: { headers: [[':path', '/']] } });
    stream.send({ request_body: { body: 'abc', end_of_stream: true } });
    stream.send({ request_trailers: [] });
    await until(() => seen.length === 1);
    later.resolve({ kind: 'refusal', status: 503, headers: [], body: '', details: '' });
    expect((await stream.ended()).code).toBe(0);
    expect([seen.length, stream.received.length]).toEqual([1, 1]);
  });
});
