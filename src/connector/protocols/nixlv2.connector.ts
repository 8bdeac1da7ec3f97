import type { GenerateApi } from '../../openai/api.js';
import { findMember } from '../../openai/json-object.js';
import { spliceMembers } from '../../openai/json-splice.js';
import { limitToOneToken } from '../../openai/prefill-edits.js';
import { cachedTokensOf } from '../../openai/usage.js';
import { usageTransform } from '../../openai/usage-transform.js';
import { contentTypeOf } from '../../proxy/content-type.js';
import type { DecodeLeg } from '../../proxy/exchange.js';
import { defineConnector } from '../connector-definition.js';
import { Connector, type ConnectorRequest, type SerialPlan } from '../connector.js';

export const nixlv2 = defineConnector({
  name: 'nixlv2',
  settings: {},
  create: () => new Nixlv2Connector(),
});

/** Asks vLLM's NixlConnector to keep the KV cache of this request for a decoder. */
const PREFILL_PARAMS =
  '{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,' +
  '"remote_block_ids":null,"remote_host":null,"remote_port":null}';

/**
 * vLLM's NixlConnector: `kv_transfer_params` goes to the prefiller as a request to keep the cache,
 * comes back naming engine and blocks, and goes to the decoder as it came.
 *
 * The decoder counts the whole prompt as cached; the number of the prefiller is the true one and
 * replaces it in the answer.
 */
export class Nixlv2Connector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'nixl', 'x-nixl-version': '2' };

  plan({ api, body }: ConnectorRequest): SerialPlan {
    const edits = limitToOneToken(api, body);
    edits.set('stream', 'false');
    edits.set('stream_options', undefined);
    edits.set('kv_transfer_params', PREFILL_PARAMS);
    return {
      dispatch: 'serial',
      prefill: { body: spliceMembers(body, edits) },
      readsAnswer: true,
      decode: (answer) => {
        const params = answer && findMember(answer, 'kv_transfer_params');
        const value = params && answer.bytes.subarray(params.valueStart, params.valueEnd);
        const usable = value !== undefined && value.toString('latin1') !== 'null';
        const cachedTokens = answer ? cachedTokensOf(api, answer) : 0;
        return {
          withoutKvParams: !usable,
          leg: {
            // Without parameters a client's own must not take their place: they can name any host.
            body: spliceMembers(
              body,
              new Map([['kv_transfer_params', usable ? value : undefined]]),
            ),
            transform: correctCachedTokens(api, cachedTokens),
          },
        };
      },
    };
  }
}

/** A function of its own, so that it does not hold on to the bodies while an answer streams. */
function correctCachedTokens(
  api: GenerateApi,
  cachedTokens: number,
): NonNullable<DecodeLeg['transform']> {
  return (head) => {
    const type = contentTypeOf(head);
    return type === undefined ? undefined : usageTransform(api, cachedTokens, type);
  };
}
