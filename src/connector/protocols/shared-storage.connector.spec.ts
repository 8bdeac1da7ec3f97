import { describe, expect, it } from '@jest/globals';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { GENERATE_APIS } from '../../../test/support/leg-oracle.js';
import type { GenerateApi } from '../../openai/api.js';
import { parseTarget } from '../../endpoint/target.js';
import type { Leg } from '../../proxy/exchange.js';
import { parseResponseHead } from '../../proxy/wire/response-head.js';
import type { DecodeFirstPlan, SerialPlan } from '../connector.js';
import { SharedStorageConnector } from './shared-storage.connector.js';

const connector = new SharedStorageConnector();
const PREFILLER = parseTarget('10.1.1.1:8000')!;

function plan(body: string, api: GenerateApi = 'completions'): SerialPlan | DecodeFirstPlan {
  return connector.plan(connectorRequest(body, api));
}

function decodeFirst(body: string, api?: GenerateApi): DecodeFirstPlan {
  const made = plan(body, api);
  if (made.dispatch !== 'decode-first') throw new Error(made.dispatch);
  return made;
}

describe(SharedStorageConnector.name, () => {
  it('asks the decoder first, with the body as it was sent, where it may refuse', () => {
    const body = ' {"prompt":"x","cache_hit_threshold" : 0.80,"max_tokens":50,"stream":true}\n';
    const { first, otherwise } = decodeFirst(body);
    expect(textOf(first)).toBe(body);
    const { prefill, readsAnswer, decode } = otherwise();
    expect(textOf(prefill as Leg)).toBe(
      ' {"prompt":"x","cache_hit_threshold" : 0,"max_tokens":1,"stream":true}\n',
    );
    expect(readsAnswer).toBe(false);
    const { leg, withoutKvParams } = decode(undefined, PREFILLER);
    expect(textOf(leg)).toBe(
      ' {"prompt":"x","cache_hit_threshold" : 0,"max_tokens":50,"stream":true}\n',
    );
    expect([leg.transform, withoutKvParams]).toEqual([undefined, false]);
    expect(connector.prefillHeaders).toEqual({ 'x-kv-connector': 'shared-storage' });
  });

  it.each(['null', '0', '"x"', '{}'])('takes a threshold of %s for one', (value) => {
    expect(plan(`{"cache_hit_threshold":${value}}`).dispatch).toBe('decode-first');
  });

  const LIMITS = {
    chat_completions: '"max_tokens":1,"max_completion_tokens":1',
    completions: '"max_tokens":1',
    messages: '"max_tokens":1',
    responses: '"max_output_tokens":1',
    generate: '"sampling_params":{"max_tokens":1}',
  };
  it.each(GENERATE_APIS)('prefills at once where none was sent, limited as %s has it', (api) => {
    const made = plan('{"a":1.0,"min_tokens_":3}', api) as SerialPlan;
    expect(made.dispatch).toBe('serial');
    expect(textOf(made.prefill as Leg)).toBe(
      `{"a":1.0,"min_tokens_":3,${LIMITS[api]},"cache_hit_threshold":0}`,
    );
    expect(textOf(made.decode(undefined, PREFILLER).leg)).toBe(
      '{"a":1.0,"min_tokens_":3,"cache_hit_threshold":0}',
    );
  });

  it('edits each of several thresholds, and lets no kv_transfer_params through', () => {
    const { first, otherwise } = decodeFirst(
      '{"cache_hit_threshold":1,"kv_transfer_params":{"remote_host":"evil"},"cache_hit_threshold":0.5}',
    );
    expect(textOf(first)).toBe('{"cache_hit_threshold":1,"cache_hit_threshold":0.5}');
    const { prefill, decode } = otherwise();
    const both = '{"cache_hit_threshold":0,"cache_hit_threshold":0}';
    expect(textOf(decode(undefined, PREFILLER).leg)).toBe(both);
    expect(textOf(prefill as Leg)).toBe(`${both.slice(0, -1)},"max_tokens":1}`);
  });

  it('looks for a refusal in successful answers that are short enough, and in no other', () => {
    const { transform } = decodeFirst('{"cache_hit_threshold":1}').first;
    const looks = (status: number, ...fields: string[]): boolean => {
      const head = parseResponseHead([`HTTP/1.1 ${status} OK`, ...fields].join('\r\n'), false);
      return transform!(head) !== undefined;
    };
    const type = 'Content-Type: application/json';
    expect(looks(200, type)).toBe(true);
    expect(looks(200, 'Content-Type: text/event-stream')).toBe(true);
    expect(looks(200, type, 'Content-Length: 65536')).toBe(true);
    expect(looks(200, type, 'Content-Length: 65537')).toBe(false);
    expect(looks(400, type)).toBe(false);
    expect(looks(200, type, 'Content-Encoding: gzip')).toBe(false);
    expect(looks(200, 'Content-Type: text/plain')).toBe(false);
  });
});
