import { describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../../test/support/arbitrary-json.js';
import { GENERATE_APIS, expectedPrefill, memberTexts } from '../../../test/support/leg-oracle.js';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { addressTarget, parseTarget, type Target } from '../../endpoint/target.js';
import { readJsonObject } from '../../openai/json-object.js';
import { SilentLogger } from '../../logging/silent-logger.js';
import { loadConfig } from '../../../test/support/sidecar-config.js';
import type { Leg } from '../../proxy/exchange.js';
import type { ConcurrentPlan, ConnectorRequest, LegPair, SerialPlan } from '../connector.js';
import { kvPeersOf } from '../kv-peers.js';
import { MoriioPeers } from '../moriio/moriio-peers.js';
import type { MoriioSettings } from '../moriio/moriio.settings.js';
import { MoriioConnector } from './moriio.connector.js';

const PREFILLER = addressTarget('10.0.0.1', 8000);
const NAMES = [
  ...['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'min_tokens', 'n', 'best_of'],
  ...['stream', 'stream_options', 'sampling_params', 'kv_transfer_params'],
];
const TWO_PODS = [
  '--moriio-dp-size=16',
  '--moriio-dp-size-local=8',
  '--moriio-remote-hosts=10.0.0.1,10.0.0.2',
  '--moriio-decode-hosts=10.0.1.1,10.0.1.2',
];

function connectorOf(...flags: string[]): MoriioConnector {
  const argv = ['--kv-connector=moriio', '--moriio-local-pod-ip=10.0.1.1', ...flags];
  const { config } = loadConfig({ argv, env: {} });
  const settings = config.connectorSettings as MoriioSettings;
  const metrics = { dnsReresolved() {}, dnsAddressChanged() {}, dnsLookupFailed() {} };
  return new MoriioConnector(
    settings,
    new MoriioPeers(settings, { config, metrics, logger: new SilentLogger() }),
    kvPeersOf(config.connectorSettings as Parameters<typeof kvPeersOf>[0], config),
  );
}

const own = (id: string): Partial<ConnectorRequest> => ({ requestId: id, isOwnId: true });

function serial(connector: MoriioConnector, body = '{"a":1}', more = own('u')) {
  const plan = connector.plan(connectorRequest(body, 'completions', more)) as SerialPlan;
  const prefill = plan.prefill as (target: Target) => Leg;
  const leg = () => prefill(PREFILLER);
  const decode = (answer: string, target = PREFILLER) =>
    plan.decode(readJsonObject(Buffer.from(answer)), target);
  return { leg, decode, plan };
}

/** The parameters of a leg. */
const paramsOf = (leg: Parameters<typeof textOf>[0]): Record<string, unknown> =>
  (JSON.parse(textOf(leg)) as { kv_transfer_params: Record<string, unknown> }).kv_transfer_params;

describe(MoriioConnector.name, () => {
  it('tells the prefiller of the decoder that a request has of its own', () => {
    const decoder = addressTarget('10.0.1.7', 8000);
    const { leg } = serial(connectorOf(), '{}', { ...own('u'), decoder });
    expect(paramsOf(leg())).toMatchObject({ remote_host: '10.0.1.7' });
  });

  it('tells the prefiller where to write, in full', () => {
    const { leg } = serial(connectorOf(), '{"max_tokens": 5,"stream":true,"stream_options":{}}');
    expect(textOf(leg())).toBe(
      '{"max_tokens": 1,"stream":false,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,' +
        '"remote_engine_id":null,"remote_block_ids":null,"remote_host":"10.0.1.1","remote_port":null,' +
        '"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,' +
        '"remote_handshake_port":6301,"transfer_id":"txu","tp_size":1,"remote_dp_size":1}}',
    );
  });

  it('replaces the rank in what the prefiller answered, and adds what it left out', () => {
    const { leg, decode } = serial(connectorOf('--moriio-prefill-notify-port=7000'));
    leg();
    const answered = '{ "remote_dp_rank" : 12345678901234567890, "x": 1.50, "tp_size":"1" }';
    const step = decode(`{"kv_transfer_params":${answered}}`);
    expect(textOf(step.leg)).toBe(
      '{"a":1,"kv_transfer_params":{ "remote_dp_rank" : 0, "x": 1.50, "tp_size":"1" ,"remote_dp_rank_override":true,' +
        '"transfer_id":"txu","remote_notify_port":7000,"remote_handshake_port":6301,"remote_dp_size":1}}',
    );
    expect(step.withoutKvParams).toBe(false);
  });

  it('leaves alone what the prefiller answered', () => {
    const { leg, decode } = serial(connectorOf('--moriio-dp-size=8'));
    leg();
    const answered =
      '{"transfer_id":"txp","remote_notify_port":"1","remote_handshake_port":"2","remote_dp_size":8,"remote_dp_rank":3,"remote_dp_rank_override":true}';
    const step = decode(`{"kv_transfer_params":${answered}}`);
    expect(textOf(step.leg)).toBe(`{"a":1,"kv_transfer_params":${answered}}`);
    expect(step.leg.fields).toEqual({ 'x-data-parallel-rank': '3' });
  });

  it.each(['{}', '{"kv_transfer_params":null}', '{"kv_transfer_params":[1]}'])(
    'decodes without parameters where there are none in %s, and never with a client’s',
    (answer) => {
      const { leg, decode } = serial(
        connectorOf(),
        '{"a":1,"kv_transfer_params":{"remote_host":"evil"}}',
      );
      leg();
      const step = decode(answer);
      expect([textOf(step.leg), step.withoutKvParams]).toEqual(['{"a":1}', true]);
    },
  );

  it.each([
    ['3', 3],
    ['8', 5],
    ['-1', 5],
    ['1.5', 5],
    ['"3"', 5],
    ['null', 5],
  ])('takes an answered rank of %s for %i', (answered, rank) => {
    const request = { requestId: 'cmpl-foo-0' };
    const { leg, decode } = serial(connectorOf('--moriio-dp-size=8'), '{}', request);
    expect(leg().fields).toEqual({ 'x-data-parallel-rank': '5' });
    const step = decode(`{"kv_transfer_params":{"remote_dp_rank":${answered}}}`);
    expect(paramsOf(step.leg)['remote_dp_rank']).toBe(rank);
    expect(step.leg.fields).toEqual({ 'x-data-parallel-rank': String(rank) });
  });

  it('pins no rank where there is one', () => {
    const connector = connectorOf();
    const { leg, decode } = serial(connector);
    expect([leg().fields, decode('{}').leg.fields]).toEqual([undefined, undefined]);
    expect([connector.ownFields, connectorOf('--moriio-dp-size=2').ownFields]).toEqual([
      [],
      ['x-data-parallel-rank'],
    ]);
  });

  it('tells transfers by the request id, each by another one, and never by one that a client can choose', () => {
    const made = serial(connectorOf());
    const ids = [made.leg(), made.leg()].map((leg) => paramsOf(leg)['transfer_id']);
    expect(ids).toEqual(['txu', expect.stringMatching(/^txu-[\da-f]{8}$/)]);
    const said = serial(connectorOf(), '{}', { requestId: 'u' });
    const first = paramsOf(said.leg())['transfer_id'];
    expect(first).toMatch(/^txu-[\da-f]{8}$/);
    const step = said.decode('{"kv_transfer_params":{}}');
    expect(paramsOf(step.leg)['transfer_id']).toBe(first);
    expect(paramsOf(said.leg())['transfer_id']).not.toBe(first);
  });

  it('counts ranks within pods in heads, and over all of them in what comes from prefillers', () => {
    const { leg, decode } = serial(connectorOf(...TWO_PODS), '{}', own('cmpl-foo-0'));
    const prefill = leg();
    expect(paramsOf(prefill)).toMatchObject({
      remote_hosts: ['10.0.1.1', '10.0.1.2'],
      remote_dp_size: 16,
      remote_dp_size_local: 8,
      remote_dp_rank: 5,
    });
    expect(prefill.fields).toEqual({ 'x-data-parallel-rank': '5' });
    const step = decode('{"kv_transfer_params":{"remote_dp_rank":13}}');
    expect(paramsOf(step.leg)).toMatchObject({
      remote_hosts: ['10.0.0.1', '10.0.0.2'],
      remote_dp_size_local: 8,
      remote_dp_rank: 13,
      is_request_leader: true,
    });
    expect(step.leg.fields).toEqual({ 'x-data-parallel-rank': '5' });
    const silent = decode('{"kv_transfer_params":{}}', addressTarget('10.0.0.2', 1));
    expect(paramsOf(silent.leg)['remote_dp_rank']).toBe(13);
    expect(silent.leg.fields).toEqual({ 'x-data-parallel-rank': '5' });
  });

  it('lets the prefiller pull with --enable-p2p-pull, but not from itself', async () => {
    const source = addressTarget('10.9.9.9', 8000);
    const more = { ...own('u'), kvSource: source };
    const pulled = {
      remote_host: '10.9.9.9',
      remote_port: 7777,
      kv_request_id: expect.any(String),
    };
    const { plan } = serial(connectorOf('--enable-p2p-pull'), '{}', more);
    const leg = (target: Target): Leg => (plan.prefill as (target: Target) => Leg)(target);
    expect(paramsOf(leg(PREFILLER))).toMatchObject({
      ...{ transfer_id: 'txu', remote_kv_source: pulled },
    });
    expect(paramsOf(leg(source))).not.toHaveProperty('remote_kv_source');
    const both = connectorOf('--enable-p2p-pull', '--moriio-parallel-dispatch');
    const request = connectorRequest('{}', 'completions', more);
    const { prefill, decode } = await (both.plan(request) as ConcurrentPlan).pair(PREFILLER);
    expect(paramsOf(prefill)).toMatchObject({ remote_kv_source: pulled });
    expect(paramsOf(decode)).not.toHaveProperty('remote_kv_source');
    expect(paramsOf(both.decodeOnly(request)!)).toEqual({ remote_kv_source: pulled });
    expect([both.pulls, connectorOf().pulls]).toEqual([true, false]);
    expect(paramsOf(serial(connectorOf(), '{}', more).leg())).not.toHaveProperty(
      'remote_kv_source',
    );
  });

  it.each(GENERATE_APIS)('edits of 1,000 random bodies of %s what it must alone', (api) => {
    const random = seededRandom(api.length);
    const connectors = [connectorOf(), connectorOf('--moriio-parallel-dispatch')];
    for (let round = 0; round < 1000; round++) {
      const body = arbitraryJson(random, NAMES);
      const plan = connectors[round % 2]!.plan(connectorRequest(body, api, own('u')));
      const made =
        plan.dispatch === 'serial'
          ? (plan.prefill as (target: Target) => Leg)(PREFILLER)
          : (plan.pair(PREFILLER) as LegPair).prefill;
      const { result, names } = expectedPrefill('moriio', api, JSON.parse(body));
      const prefill = textOf(made);
      const same =
        isDeepStrictEqual(JSON.parse(prefill), result) &&
        isDeepStrictEqual(memberTexts(prefill, names), memberTexts(body, names));
      if (!same) expect({ body, prefill }).toBe('a leg as the oracle wants it');
    }
  });

  const parallel = (flags: string[], target: Target, id = 'u') => {
    const request = connectorRequest('{"a":1}', 'completions', own(id));
    const plan = connectorOf('--moriio-parallel-dispatch', ...flags).plan(request);
    return { plan: plan as ConcurrentPlan, pair: () => (plan as ConcurrentPlan).pair(target) };
  };

  it('prefills at the address that the decoder is told, of several', async () => {
    const pod = { ...parseTarget('pod-a:8000')!, addresses: ['10.2.2.2', '10.3.3.3'] };
    const { prefill, decode } = await parallel([], pod).pair();
    expect(prefill.target).toEqual({ ...pod, addresses: ['10.2.2.2'] });
    expect(paramsOf(decode)['remote_host']).toBe('10.2.2.2');
  });

  it('builds both legs at once with --moriio-parallel-dispatch', async () => {
    const { plan, pair } = parallel(['--moriio-tp-size=2'], PREFILLER);
    expect(plan).toMatchObject({ dispatch: 'concurrent', holdsAnswer: 30_000 });
    const { prefill, decode } = await pair();
    expect(textOf(prefill)).toBe(
      '{"a":1,"max_tokens":1,"stream":false,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,' +
        '"remote_engine_id":null,"remote_block_ids":null,"remote_host":"10.0.1.1","remote_port":null,' +
        '"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,' +
        '"remote_handshake_port":6301,"transfer_id":"txu","tp_size":2,"remote_dp_size":1}}',
    );
    expect(textOf(decode)).toBe(
      '{"a":1,"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,' +
        '"remote_engine_id":"10.0.0.1:6301","remote_block_ids":[],"remote_host":"10.0.0.1","remote_port":6301,' +
        '"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,' +
        '"remote_handshake_port":6301,"transfer_id":"txu","tp_size":2,"remote_dp_size":1}}',
    );
    expect([prefill.fields, decode.fields, decode.transform]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const again = await pair();
    expect(paramsOf(again.prefill)['transfer_id']).toBe(paramsOf(again.decode)['transfer_id']);
    expect(paramsOf(again.prefill)['transfer_id']).not.toBe('txu');
  });

  it('pins both legs to a rank of one pod, and names the prefill pod that was picked', async () => {
    const { prefill, decode } = await parallel(
      TWO_PODS,
      addressTarget('10.0.0.2', 8000),
      'cmpl-foo-0',
    ).pair();
    expect([prefill.fields, decode.fields]).toEqual([
      { 'x-data-parallel-rank': '5' },
      { 'x-data-parallel-rank': '5' },
    ]);
    expect(paramsOf(prefill)).toMatchObject({
      remote_hosts: ['10.0.1.1', '10.0.1.2'],
      remote_dp_rank: 5,
      remote_dp_size: 16,
    });
    expect(paramsOf(decode)).toMatchObject({
      remote_hosts: ['10.0.0.2'],
      remote_dp_rank: 5,
      remote_dp_size: 16,
      remote_dp_size_local: 8,
      is_request_leader: true,
    });
  });

  it('names the address of a prefiller that was checked, IPv6 without brackets', async () => {
    const named = { ...parseTarget('prefill:8000')!, addresses: ['10.0.0.7'] };
    const hostOf = async (target: Target): Promise<unknown> =>
      paramsOf((await parallel([], target).pair()).decode)['remote_host'];
    expect(await hostOf(named)).toBe('10.0.0.7');
    expect(await hostOf(parseTarget('[FD00::1]:8000')!)).toBe('fd00::1');
  });
});
