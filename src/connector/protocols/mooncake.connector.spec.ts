import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../../test/support/arbitrary-json.js';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { FakeEngine, json } from '../../../test/support/fake-engine.js';
import { GENERATE_APIS, expectedPrefill, memberTexts } from '../../../test/support/leg-oracle.js';
import { addressTarget, parseTarget, type Target } from '../../endpoint/target.js';
import type { GenerateApi } from '../../openai/api.js';
import type { LegPair } from '../connector.js';
import { EngineIds } from '../mooncake/engine-ids.js';
import { MooncakeConnector } from './mooncake.connector.js';

const TIMES = { timeout: 5000, fresh: 1e9, maxAge: 1e9 };
const PREFILLER = addressTarget('127.0.0.1', 8000);
const TRANSFER =
  /"transfer_id":"(xfer-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"/;
const PREFILL = '{"do_remote_prefill":false,"do_remote_decode":true,"transfer_id":"ID"}';

describe(MooncakeConnector.name, () => {
  let server: FakeEngine;
  let connector: MooncakeConnector;
  beforeAll(async () => {
    server = await FakeEngine.start(json({ 0: { engine_id: 'eng "0"' } }));
    connector = new MooncakeConnector(new EngineIds(server.port, TIMES));
    // From then on pairs are made at once.
    await pairOf('{}');
  });
  afterAll(async () => {
    connector.stop();
    await server.stop();
  });

  const pairOf = (
    body: string,
    api: GenerateApi = 'completions',
    target: Target = PREFILLER,
  ): LegPair | Promise<LegPair> => connector.plan(connectorRequest(body, api)).pair(target);
  /** @returns both legs with the transfer id as `ID`, and the id */
  const legsOf = (
    body: string,
    api?: GenerateApi,
  ): { prefill: string; decode: string; id: string } => {
    const pair = pairOf(body, api) as LegPair;
    const [prefill, decode] = [textOf(pair.prefill), textOf(pair.decode)];
    const id = TRANSFER.exec(prefill)![1]!;
    return { prefill: prefill.replaceAll(id, 'ID'), decode: decode.replaceAll(id, 'ID'), id };
  };
  const decodeParams = (): string =>
    '{"do_remote_prefill":true,"do_remote_decode":false,"transfer_id":"ID",' +
    `"remote_bootstrap_addr":"http://127.0.0.1:${server.port}","remote_engine_id":"eng \\"0\\""}`;

  it('sends both engines the same transfer id, and the decoder the engine that has it', () => {
    const body =
      ' {"prompt":"x", "stream":true,"stream_options":{"include_usage":true},"max_tokens":50,"min_tokens":5,"seed":12345678901234567890}\n';
    const { prefill, decode } = legsOf(body);
    expect(prefill).toBe(
      ` {"prompt":"x", "stream":false,"max_tokens":1,"min_tokens":1,"seed":12345678901234567890,"kv_transfer_params":${PREFILL}}\n`,
    );
    expect(decode).toBe(
      ` {"prompt":"x", "stream":true,"stream_options":{"include_usage":true},"max_tokens":50,"min_tokens":5,"seed":12345678901234567890,"kv_transfer_params":${decodeParams()}}\n`,
    );
    expect(connector.prefillHeaders).toEqual({ 'x-kv-connector': 'mooncake' });
  });

  it('tells the prefiller which engine it is for, and takes nobody else’s word', () => {
    const { prefill, decode } = pairOf('{}') as LegPair;
    expect(prefill.fields).toEqual({ 'x-data-parallel-rank': '0' });
    expect(decode.fields).toBeUndefined();
    expect(connector.ownFields).toEqual(['x-data-parallel-rank']);
  });

  it('has another transfer id for each attempt', () => {
    const { pair } = connector.plan(connectorRequest('{}'));
    const ids = Array.from(
      { length: 100 },
      () => TRANSFER.exec(textOf((pair(PREFILLER) as LegPair).prefill))![1],
    );
    expect(new Set(ids).size).toBe(100);
  });

  it.each([
    ['chat_completions', '"max_tokens":1,"max_completion_tokens":1'],
    ['completions', '"max_tokens":1'],
    ['messages', '"max_tokens":1'],
    ['responses', '"max_output_tokens":1'],
    ['generate', '"sampling_params":{"max_tokens":1}'],
  ] as const)('limits the prefill of %s to one token where no limit was sent', (api, limits) => {
    const { prefill, decode } = legsOf('{"a":1.0}', api);
    expect(prefill).toBe(`{"a":1.0,${limits},"stream":false,"kv_transfer_params":${PREFILL}}`);
    expect(decode).toBe(`{"a":1.0,"kv_transfer_params":${decodeParams()}}`);
  });

  it("lets no client's own parameters through, of several of them", () => {
    const body = '{"kv_transfer_params":{"evil":1},"a":1,"kv_transfer_params":"evil"}';
    const { prefill, decode } = legsOf(body);
    expect(prefill + decode).not.toContain('evil');
    expect(decode).toBe(
      `{"kv_transfer_params":${decodeParams()},"a":1,"kv_transfer_params":${decodeParams()}}`,
    );
  });

  it.each(GENERATE_APIS)('differs from 500 random bodies of %s in what it must alone', (api) => {
    const random = seededRandom(api.length);
    const names = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'min_tokens'];
    names.push('n', 'best_of', 'stream', 'stream_options', 'sampling_params', 'kv_transfer_params');
    for (let round = 0; round < 500; round++) {
      const body = arbitraryJson(random, names);
      const { prefill, decode } = legsOf(body, api);
      const original = JSON.parse(body) as object;
      const expected = expectedPrefill('mooncake', api, original);
      const params = new Set(['kv_transfer_params']);
      const same =
        isDeepStrictEqual(JSON.parse(prefill), expected.result) &&
        isDeepStrictEqual(JSON.parse(decode), {
          ...original,
          kv_transfer_params: JSON.parse(decodeParams()) as unknown,
        }) &&
        isDeepStrictEqual(
          memberTexts(prefill, expected.names),
          memberTexts(body, expected.names),
        ) &&
        isDeepStrictEqual(memberTexts(decode, params), memberTexts(body, params));
      if (!same) expect({ body, prefill, decode }).toBe('legs as the oracle wants them');
    }
  });

  it('picks among the engines of a prefiller, and names the rank of the one it picks', async () => {
    const ranks = { 0: { engine_id: 'e0' }, 1: { engine_id: 'e1' }, 7: { engine_id: 'e7' } };
    const parallel = await FakeEngine.start(json(ranks));
    const own = new MooncakeConnector(new EngineIds(parallel.port, TIMES));
    try {
      const { pair } = own.plan(connectorRequest('{}'));
      await pair(PREFILLER);
      const picked = Array.from({ length: 200 }, () => {
        const { prefill, decode } = pair(PREFILLER) as LegPair;
        const id = /"remote_engine_id":"(\w+)"/.exec(textOf(decode))![1]!;
        expect(id).toBe(`e${prefill.fields!['x-data-parallel-rank']}`);
        return id;
      });
      expect(new Set(picked).size).toBe(3);
    } finally {
      own.stop();
      await parallel.stop();
    }
  });

  it('asks a prefiller at the port that is its own', async () => {
    const own = new MooncakeConnector(new EngineIds(1, TIMES));
    try {
      const bootstrapPort = server.port;
      const { pair } = own.plan(connectorRequest('{}'));
      const { decode } = await pair({ ...PREFILLER, bootstrapPort });
      expect(textOf(decode)).toContain(`"http://127.0.0.1:${bootstrapPort}"`);
    } finally {
      own.stop();
    }
  });

  it.each([
    ['an IPv6 address', parseTarget('[::1]:8000')!, '::1', '[::1]', undefined],
    ['a name', parseTarget('localhost:8000')!, '127.0.0.1', '127.0.0.1', ['127.0.0.1']],
    [
      'the address of a name that answers',
      { ...parseTarget('pod-a:8000')!, addresses: ['127.0.0.7', '127.0.0.1'] },
      '127.0.0.1',
      '127.0.0.1',
      ['127.0.0.1'],
    ],
  ])('sends both legs to %s', async (_, target, listen, host, addresses) => {
    const other = await FakeEngine.start(json({ 0: { engine_id: 'e' } }), 0, undefined, listen);
    const own = new MooncakeConnector(new EngineIds(other.port, TIMES));
    try {
      const { prefill, decode } = await own.plan(connectorRequest('{}')).pair(target);
      expect(textOf(decode)).toContain(`"remote_bootstrap_addr":"http://${host}:${other.port}"`);
      expect(prefill.target).toEqual({ ...target, ...(addresses && { addresses }) });
    } finally {
      own.stop();
      await other.stop();
    }
  });
});
