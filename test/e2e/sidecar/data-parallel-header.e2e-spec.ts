import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GENERATE_PATHS } from '../../../src/openai/api.js';
import { json } from '../../support/fake-engine.js';
import type { ErrorObject } from '../../support/prefill-request.js';
import { rawValues, type RawAnswer } from '../../support/raw-answer.js';
import { rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startRanks, type RankedFixture } from '../../support/ranked-fixture.js';

const HEADER = 'x-data-parallel-host-port';
const BODY = '{"model":"m","max_tokens":9}';

describe('x-data-parallel-host-port', () => {
  let fixture: RankedFixture;
  beforeAll(async () => {
    fixture = await startRanks(3, { podIp: '10.0.0.7' });
  });
  beforeEach(() => fixture.forget());
  afterAll(() => fixture.stop());

  const send = (
    fields: readonly string[],
    { path = '/v1/completions', rank = 0, body = BODY } = {},
  ): Promise<RawAnswer> =>
    rawExchange(fixture.ports[rank]!, requestBytes(`POST ${path}`, fields, body));
  /** As a scheduler names the port of a rank. */
  const of = (rank: number): string => `${HEADER}: 10.0.0.7:${fixture.ports[rank]}`;
  const prefilled = (): string => `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;

  it.each([...GENERATE_PATHS])(
    'at rank 0’s port has %s decoded at the rank that it names, the body as sent',
    async (path) => {
      for (const rank of [0, 1, 2]) {
        fixture.forget();
        expect((await send([of(rank)], { path })).body.toString()).toBe(`{"rank":${rank}}`);
        const { last } = fixture.decoders[rank]!;
        expect(last.body.toString()).toBe(BODY);
        expect(rawValues(last.rawHeaders, HEADER)).toEqual([]);
        expect(fixture.received.reduce((sum, count) => sum + count)).toBe(1);
        await until(() => fixture.log.requests.length === 1);
        expect(fixture.log.requests[0]).toMatchObject({ status: 200, rank });
      }
    },
  );

  it.each([...GENERATE_PATHS])('decides where %s is decoded after its prefill', async (path) => {
    expect((await send([of(2), prefilled()], { path })).body.toString()).toBe('{"rank":2}');
    const { rawHeaders } = fixture.prefiller.last;
    const decoder = `10.0.0.7:${fixture.decoders[2]!.port}`;
    expect(rawValues(rawHeaders, 'x-decoder-host-port')).toEqual([decoder]);
    expect(rawValues(rawHeaders, HEADER)).toEqual([]);
    expect(fixture.decoders[2]!.last.body.toString()).toContain('kv_transfer_params');
  });

  it.each(['sglang', 'shared-storage', 'nixl', 'lmcache'])(
    'decides where connector %s decodes',
    async (connector) => {
      const fields = [of(1), prefilled(), `x-connector-protocol: ${connector}`];
      expect((await send(fields)).body.toString()).toBe('{"rank":1}');
      expect(fixture.received).toEqual([0, 1, 0]);
    },
  );

  it('decides where a refused decode is sent again after its prefill', async () => {
    const { behaviour } = fixture.decoders[1]!;
    const refusal = { choices: [{ finish_reason: 'cache_threshold' }] };
    fixture.decoders[1]!.behaviour = (response, request) => {
      fixture.decoders[1]!.behaviour = behaviour;
      return json(refusal)(response, request);
    };
    const fields = [of(1), prefilled(), 'x-connector-protocol: shared-storage'];
    const body = '{"cache_hit_threshold":0.5}';
    expect((await send(fields, { body })).body.toString()).toBe('{"rank":1}');
    expect([fixture.received, fixture.prefiller.requests.length]).toEqual([[0, 2, 0], 1]);
  });

  it.each([
    ['with blanks around it', (hostPort: string) => `${HEADER}:   ${hostPort} \t`],
    ['with a scheme', (hostPort: string) => `${HEADER}: http://${hostPort}`],
    [
      'as an IPv4-mapped address',
      (hostPort: string) => `${HEADER}: [::ffff:${hostPort.replace(':', ']:')}`,
    ],
    ['named twice alike', (hostPort: string) => `${HEADER}: ${hostPort}, ${hostPort}`],
  ])('is understood %s', async (_, field) => {
    const answer = await send([field(`10.0.0.7:${fixture.ports[1]}`)]);
    expect(answer.body.toString()).toBe('{"rank":1}');
  });

  it('says nothing when it is blank', async () => {
    expect((await send([`${HEADER}:  `])).body.toString()).toBe('{"rank":0}');
  });

  it.each([
    ['another address', () => `10.0.0.8:${fixture.ports[1]}`],
    ['the loopback', () => `127.0.0.1:${fixture.ports[1]}`],
    ['a name', () => `localhost:${fixture.ports[1]}`],
    ['a port below', () => `10.0.0.7:${fixture.ports[0]! - 1}`],
    ['a port above', () => `10.0.0.7:${fixture.ports[2]! + 1}`],
    ['a port of a model server', () => `10.0.0.7:${fixture.decoders[1]!.port}`],
  ])('that names %s gets 400 with the mend', async (_, value) => {
    for (const more of [[], [prefilled()]]) {
      const answer = await send([`${HEADER}: ${value()}`, ...more]);
      expect(answer.status).toBe(400);
      const { error } = JSON.parse(answer.body.toString()) as { error: ErrorObject };
      expect(error).toMatchObject({ type: 'BadRequestError', param: null, code: 400 });
      expect(error.message).toMatch(/^x-data-parallel-host-port names none .*POD_IP/);
    }
    expect([fixture.received, fixture.prefiller.requests]).toEqual([[0, 0, 0], []]);
  });

  it.each([
    ['no port', () => '10.0.0.7'],
    ['a path', () => `10.0.0.7:${fixture.ports[1]}/v1`],
    ['an octal address', () => `012.0.0.7:${fixture.ports[1]}`],
    ['userinfo', () => `a@10.0.0.7:${fixture.ports[1]}`],
    ['several ranks', () => `10.0.0.7:${fixture.ports[1]}, 10.0.0.7:${fixture.ports[2]}`],
  ])('with %s gets 400', async (_, value) => {
    const answer = await send([`${HEADER}: ${value()}`]);
    expect([answer.status, fixture.received]).toEqual([400, [0, 0, 0]]);
    expect(answer.body.toString()).toContain('routing header');
  });

  it('is ignored at the ports of other ranks, whatever it says', async () => {
    for (const field of [of(0), of(2), `${HEADER}: 10.9.9.9:9`, `${HEADER}: ?`])
      expect((await send([field], { rank: 1 })).body.toString()).toBe('{"rank":1}');
    expect(rawValues(fixture.decoders[1]!.last.rawHeaders, HEADER)).toEqual([]);
  });

  it('is ignored on paths that are passed through, and goes no further', async () => {
    for (const field of [of(2), `${HEADER}: ?`]) {
      const answer = await send([field], { path: '/v1/embeddings' });
      expect(answer.body.toString()).toBe('{"rank":0}');
      expect(rawValues(fixture.decoders[0]!.last.rawHeaders, HEADER)).toEqual([]);
    }
  });
});

describe('x-data-parallel-host-port without the pod’s address', () => {
  it('names ranks by the address that the sidecar listens on', async () => {
    const fixture = await startRanks(2);
    const ask = (host: string): Promise<RawAnswer> => {
      const fields = [`${HEADER}: ${host}:${fixture.ports[1]}`];
      return rawExchange(fixture.ports[0]!, requestBytes('POST /v1/completions', fields, BODY));
    };
    expect((await ask('127.0.0.1')).body.toString()).toBe('{"rank":1}');
    expect((await ask('localhost')).status).toBe(400);
    await fixture.stop();
  });

  it('names none where it listens on all', async () => {
    const fixture = await startRanks(2, { bindAddress: '0.0.0.0' });
    for (const host of ['127.0.0.1', '0.0.0.0', 'localhost']) {
      const fields = [`${HEADER}: ${host}:${fixture.ports[1]}`];
      const bytes = requestBytes('POST /v1/completions', fields, BODY);
      expect((await rawExchange(fixture.ports[0]!, bytes)).status).toBe(400);
    }
    expect(fixture.received).toEqual([0, 0]);
    await fixture.stop();
  });
});
