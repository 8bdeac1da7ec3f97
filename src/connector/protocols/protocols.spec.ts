import { describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../../test/support/arbitrary-json.js';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import {
  GENERATE_APIS,
  expectedDecode,
  expectedPrefill,
  memberTexts,
} from '../../../test/support/leg-oracle.js';
import type { GenerateApi } from '../../openai/api.js';
import type { Leg } from '../../proxy/exchange.js';
import { readJsonObject, type JsonObject } from '../../openai/json-object.js';
import { parseTarget } from '../../endpoint/target.js';
import { parseResponseHead } from '../../proxy/wire/response-head.js';
import type { Connector, DecodeStep, SerialPlan } from '../connector.js';
import { LmcacheConnector } from './lmcache.connector.js';
import { NixlConnector } from './nixl.connector.js';
import { Nixlv2Connector } from './nixlv2.connector.js';
import { SharedStorageConnector } from './shared-storage.connector.js';

const CONNECTORS: [string, Connector][] = [
  ['nixlv2', new Nixlv2Connector()],
  ['nixl', new NixlConnector()],
  ['lmcache', new LmcacheConnector()],
  ['shared-storage', new SharedStorageConnector()],
];
const read = (text: string): JsonObject => readJsonObject(Buffer.from(text));
const PREFILLER = parseTarget('10.1.1.1:8000')!;

interface Legs {
  readonly prefill: string;
  readonly decode: string;
  readonly step: DecodeStep;
}

function legs(
  connector: Connector,
  body: string,
  answer: string,
  api: GenerateApi = 'completions',
): Legs {
  const plan = connector.plan(connectorRequest(body, api)) as SerialPlan;
  const step = plan.decode(plan.readsAnswer ? read(answer) : undefined, PREFILLER);
  return { prefill: textOf(plan.prefill as Leg), decode: textOf(step.leg), step };
}

const PREFILL_PARAMS =
  '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,' +
  '"remote_block_ids":null,"remote_host":null,"remote_port":null}';

describe(Nixlv2Connector.name, () => {
  const connector = new Nixlv2Connector();

  it('asks the prefiller for one token and its cache, without a stream', () => {
    const body =
      '{"prompt":"x","max_tokens":50,"stream":true,"stream_options":{"include_usage":true}}';
    expect(legs(connector, body, '{}').prefill).toBe(
      `{"prompt":"x","max_tokens":1,"stream":false,${PREFILL_PARAMS}}`,
    );
    expect(connector.prefillHeaders).toEqual({ 'x-kv-connector': 'nixl', 'x-nixl-version': '2' });
  });

  it('hands the parameters over as they came, unknown members and odd numbers included', () => {
    const params = '{ "remote_port":5557, "x":12345678901234567890,"y":1.0,"\\u0061":[ ] }';
    const { decode, step } = legs(
      connector,
      '{"stream":true}',
      `{"id":1,"kv_transfer_params": ${params} }`,
    );
    expect(decode).toBe(`{"stream":true,"kv_transfer_params":${params}}`);
    expect(step.withoutKvParams).toBe(false);
  });

  it("puts them in the place of a client's own, of all of them", () => {
    const body = '{"kv_transfer_params":{"remote_host":"evil"},"a":1,"kv_transfer_params":2}';
    const { prefill, decode } = legs(connector, body, '{"kv_transfer_params":{"p":1}}');
    expect(prefill + decode).not.toMatch(/evil|:2/);
    expect(decode).toBe('{"kv_transfer_params":{"p":1},"a":1,"kv_transfer_params":{"p":1}}');
  });

  it.each(['{}', '{"kv_transfer_params":null}'])(
    "lets no client's own through when the prefiller answers %s",
    (answer) => {
      const { decode, step } = legs(connector, '{"kv_transfer_params":{"h":1},"a":1}', answer);
      expect(decode).toBe('{"a":1}');
      expect(step.withoutKvParams).toBe(true);
    },
  );

  it('corrects the cached tokens of an answer in JSON or events, and no other', () => {
    const answer = '{"usage":{"prompt_tokens_details":{"cached_tokens":7}}}';
    const { transform } = legs(connector, '{}', answer).step.leg;
    const made = (...fields: string[]): string | undefined => {
      const head = parseResponseHead(['HTTP/1.1 200 OK', ...fields].join('\r\n'), false);
      const result = transform!(head);
      if (!result) return undefined;
      const text = '{"usage":{"prompt_tokens_details":{"cached_tokens":49}}}';
      return Buffer.concat([result.push(Buffer.from(text)), result.end()]).toString();
    };
    expect(made('Content-Type: application/json')).toBe(answer);
    expect(made('Content-Type: text/plain')).toBeUndefined();
    expect(made()).toBeUndefined();
    expect(made('Content-Type: application/json', 'Content-Encoding: gzip')).toBeUndefined();
  });
});

describe(NixlConnector.name, () => {
  const connector = new NixlConnector();

  it('asks at the top level, and hands over four members of the answer', () => {
    const body =
      '{"prompt":"x","stream":true,"stream_options":{},"remote_host":"evil","max_tokens":9}';
    const answer =
      '{"remote_block_ids":[1, 2],"remote_engine_id":"e","remote_host":"h","remote_port":5557,"other":1}';
    const { prefill, decode, step } = legs(connector, body, answer);
    expect(prefill).toBe('{"prompt":"x","stream":false,"max_tokens":1,"do_remote_decode":true}');
    expect(decode).toBe(
      '{"prompt":"x","stream":true,"stream_options":{},"remote_host":"h","max_tokens":9,' +
        '"remote_block_ids":[1, 2],"remote_engine_id":"e","remote_port":5557,"do_remote_prefill":true}',
    );
    expect(step).toMatchObject({ withoutKvParams: false, leg: {} });
    expect(connector.prefillHeaders).toEqual({ 'x-kv-connector': 'nixl', 'x-nixl-version': '1' });
  });

  it('says null for what the prefiller did not tell', () => {
    const { decode, step } = legs(
      connector,
      '{"do_remote_decode":true,"remote_port":1}',
      '{"remote_host":"h"}',
    );
    expect(JSON.parse(decode)).toEqual({
      remote_port: null,
      remote_block_ids: null,
      remote_engine_id: null,
      remote_host: 'h',
      do_remote_prefill: true,
    });
    expect(step).toMatchObject({
      withoutKvParams: true,
      missing: 'remote_block_ids, remote_engine_id, remote_port',
    });
  });
});

describe(LmcacheConnector.name, () => {
  const connector = new LmcacheConnector();

  it('only limits the prefill, and sends the decode as it came', () => {
    const body = ' {"prompt":"x", "stream":true,"max_tokens":50}\n';
    const { prefill, decode, step } = legs(connector, body, '');
    expect(prefill).toBe(' {"prompt":"x", "stream":true,"max_tokens":1}\n');
    expect(decode).toBe(body);
    expect(step).toEqual({ withoutKvParams: false, leg: { body: expect.anything() } });
    expect(connector.plan(connectorRequest('{}')).readsAnswer).toBe(false);
  });
});

const NAMES = [
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'min_tokens',
  'n',
  'best_of',
  'stream',
  'stream_options',
  'sampling_params',
  'kv_transfer_params',
  'do_remote_decode',
  'do_remote_prefill',
  'remote_host',
  'remote_port',
];

describe.each(CONNECTORS)('the legs of %s', (name, connector) => {
  it.each(GENERATE_APIS)('differ from 1,000 random bodies of %s in what they must alone', (api) => {
    const random = seededRandom(api.length);
    const answer = '{"kv_transfer_params":{"p":1.0},"remote_host":"h","remote_port":1}';
    for (let round = 0; round < 1000; round++) {
      let body = arbitraryJson(random, NAMES);
      if (random() < 0.5) {
        const comma = /^\{\s*\}$/.test(body) ? '' : ',';
        body = `{"sampling_params":${arbitraryJson(random, NAMES)}${comma}${body.slice(1)}`;
      }
      const { prefill, decode } = legs(connector, body, answer, api);
      const original: unknown = JSON.parse(body);
      const prefillEdits = expectedPrefill(name, api, original);
      const decodeEdits = expectedDecode(name, JSON.parse(answer));
      const same =
        isDeepStrictEqual(JSON.parse(prefill), prefillEdits.result) &&
        isDeepStrictEqual(JSON.parse(decode), decodeEdits.apply(original)) &&
        isDeepStrictEqual(
          memberTexts(prefill, prefillEdits.names),
          memberTexts(body, prefillEdits.names),
        ) &&
        isDeepStrictEqual(
          memberTexts(decode, decodeEdits.names),
          memberTexts(body, decodeEdits.names),
        );
      if (!same) expect({ body, prefill, decode }).toBe('legs as the oracle wants them');
    }
  });
});
