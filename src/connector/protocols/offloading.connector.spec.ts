import { describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../../test/support/arbitrary-json.js';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { expectedPrefill, GENERATE_APIS, memberTexts } from '../../../test/support/leg-oracle.js';
import { parseTarget, type Target } from '../../endpoint/target.js';
import type { GenerateApi } from '../../openai/api.js';
import type { Leg } from '../../proxy/exchange.js';
import { KvPeers } from '../kv-peers.js';
import { OffloadingConnector } from './offloading.connector.js';

const connector = new OffloadingConnector(new KvPeers(7777, { port: 8000, dataParallelSize: 1 }));
const PREFILLER = parseTarget('10.1.1.1:8000')!;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

interface Attempt {
  readonly prefill: string;
  readonly decode: string;
}

/** The legs of attempts at each of these, with the names of their hand-overs. */
function attempts(
  body: string,
  api: GenerateApi = 'completions',
  { kvSource, targets = [PREFILLER] }: { kvSource?: string; targets?: readonly Target[] } = {},
): Attempt[] {
  const more = kvSource === undefined ? {} : { kvSource: parseTarget(kvSource)! };
  const plan = connector.plan(connectorRequest(body, api, more));
  return targets.map((target) => ({
    prefill: textOf((plan.prefill as (target: Target) => Leg)(target)),
    decode: textOf(plan.decode(undefined, target).leg),
  }));
}

/** With the names of hand-overs called U, V and so on as they come. */
function named({ prefill, decode }: Attempt): [string, string] {
  const names: string[] = [];
  const replace = (text: string): string =>
    text.replaceAll(ID, (id) => {
      if (!names.includes(id)) names.push(id);
      return 'UVW'[names.indexOf(id)]!;
    });
  return [replace(prefill), replace(decode)];
}

const KEEP = '"kv_transfer_params":{"remote_decoder":{"kv_request_id":"U"}}';
const FETCH =
  '"kv_transfer_params":{"remote_prefiller":{"kv_request_id":"U","remote_host":"10.1.1.1","remote_port":7777}}';
const PULL = '"remote_kv_source":{"kv_request_id":"V","remote_host":"10.9.9.9","remote_port":7777}';

describe(OffloadingConnector.name, () => {
  it('prefills at the address that the decoder is told, of several', () => {
    const pod = { ...parseTarget('pod-a:8000')!, addresses: ['10.2.2.2', '10.3.3.3'] };
    const plan = connector.plan(connectorRequest('{}', 'completions'));
    const leg = (plan.prefill as (target: Target) => Leg)(pod);
    expect(leg.target).toEqual({ ...pod, addresses: ['10.2.2.2'] });
  });

  it('tells both engines the name of their hand-over', () => {
    const [attempt] = attempts(
      '{"model":"m", "max_tokens":50,"stream":true,"stream_options":{"include_usage":true},"seed":12345678901234567890}',
    );
    expect(named(attempt!)).toEqual([
      `{"model":"m", "max_tokens":1,"stream":false,"seed":12345678901234567890,${KEEP}}`,
      `{"model":"m", "max_tokens":50,"stream":true,"stream_options":{"include_usage":true},"seed":12345678901234567890,${FETCH}}`,
    ]);
  });

  it('lets no parameters of a client reach an engine', () => {
    const [attempt] = attempts(
      '{"kv_transfer_params":{"remote_prefiller":{}},"a":1,"kv_transfer_params":7}',
    );
    expect(named(attempt!)).toEqual([
      `{${KEEP},"a":1,${KEEP},"max_tokens":1,"stream":false}`,
      `{${FETCH},"a":1,${FETCH}}`,
    ]);
  });

  it('gives each attempt a name of its own, and the decode that of the last', () => {
    const targets = [PREFILLER, PREFILLER, parseTarget('[fd00::2]:8000')!];
    const all = attempts('{}', 'completions', { targets });
    const names = all.map(({ prefill }) => prefill.match(ID)![0]);
    expect(new Set(names).size).toBe(3);
    expect(all.map(({ decode }) => decode.match(ID)![0])).toEqual(names);
    expect(all[2]!.decode).toContain('"remote_host":"fd00::2"');
  });

  it('lets the prefiller pull from a source, but not from itself', () => {
    const kvSource = '10.9.9.9:8000';
    const targets = ['10.1.1.1:8000', '10.9.9.9:8000', '10.9.9.9:8001'].map((text) =>
      parseTarget(text)!,
    );
    const all = attempts('{}', 'completions', { kvSource, targets });
    const pulling = `{"max_tokens":1,"stream":false,${KEEP.slice(0, -1)},${PULL}}}`;
    expect(named(all[0]!)).toEqual([pulling, `{${FETCH}}`]);
    expect(named(all[1]!)[0]).toBe(`{"max_tokens":1,"stream":false,${KEEP}}`);
    expect(named(all[2]!)[0]).toBe(pulling);
    const names = all.flatMap(({ prefill }) => prefill.match(ID)!);
    expect(new Set(names).size).toBe(5);
  });

  it('knows a source by the address that was checked', () => {
    const prefiller = { ...parseTarget('pod-9:8000')!, addresses: ['10.9.9.9'] };
    const [attempt] = attempts('{}', 'completions', {
      kvSource: '10.9.9.9:8000',
      targets: [prefiller],
    });
    expect(attempt!.prefill).not.toContain('remote_kv_source');
    expect(attempt!.decode).toContain('"remote_host":"10.9.9.9"');
  });

  it('makes a decode pull that nobody prefilled', () => {
    const source = parseTarget('10.9.9.9:8000')!;
    const request = (kvSource?: Target): ReturnType<typeof connectorRequest> =>
      connectorRequest('{"max_tokens":5,"kv_transfer_params":1}', 'completions', { kvSource });
    const leg = connector.decodeOnly(request(source))!;
    expect(textOf(leg).replace(ID, 'V')).toBe(`{"max_tokens":5,"kv_transfer_params":{${PULL}}}`);
    expect(connector.decodeOnly(request())).toBeUndefined();
  });

  it('edits what it must of any body and keeps every other byte', () => {
    const random = seededRandom(61);
    const names = ['max_tokens', 'stream', 'stream_options', 'sampling_params', 'n', 'best_of'];
    const own = new Set(['kv_transfer_params']);
    for (let round = 0; round < 300; round++) {
      const api = GENERATE_APIS[round % GENERATE_APIS.length]!;
      const body = arbitraryJson(random, [...names, ...own]);
      const [{ prefill, decode }] = attempts(body, api) as [Attempt];
      const expected = expectedPrefill('offloading', api, JSON.parse(body));
      const id = prefill.match(ID)![0];
      const got = JSON.parse(prefill) as Record<string, unknown>;
      expect(got['kv_transfer_params']).toEqual({ remote_decoder: { kv_request_id: id } });
      delete got['kv_transfer_params'];
      expect(isDeepStrictEqual(got, expected.result)).toBe(true);
      const edited = new Set([...expected.names, ...own]);
      expect(memberTexts(prefill, edited)).toEqual(memberTexts(body, edited));
      expect(memberTexts(decode, own)).toEqual(memberTexts(body, own));
    }
  });
});
