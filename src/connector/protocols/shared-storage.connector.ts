import { findMember } from '../../openai/json-object.js';
import { spliceMembers, type MemberEdit } from '../../openai/json-splice.js';
import { limitToOneToken } from '../../openai/prefill-edits.js';
import { MAX_REFUSAL_BYTES, refusalTransform } from '../../openai/refusal-transform.js';
import { contentTypeOf } from '../../proxy/content-type.js';
import type { DecodeLeg } from '../../proxy/exchange.js';
import {
  Connector,
  type ConnectorRequest,
  type DecodeFirstPlan,
  type SerialPlan,
} from '../connector.js';
import { defineConnector } from '../connector-definition.js';

export const sharedStorage = defineConnector({
  name: 'shared-storage',
  settings: {},
  create: () => new SharedStorageConnector(),
});

const THRESHOLD = 'cache_hit_threshold';

/**
 * A KV cache in storage that both engines share. A request that says from which share of cached prompt on it may be
 * decoded (`cache_hit_threshold`) goes to the decoder first, which refuses with the finish reason `cache_threshold`; then, and
 * for requests that say nothing, the prefill fills the storage, and the decode takes what it finds there.
 */
export class SharedStorageConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'shared-storage' };
  override readonly mindsThreshold = true;

  plan(request: ConnectorRequest): SerialPlan | DecodeFirstPlan {
    const { body } = request;
    if (!findMember(body, THRESHOLD)) return prefilled(request);
    return {
      dispatch: 'decode-first',
      first: {
        body: spliceMembers(body, new Map([['kv_transfer_params', undefined]])),
        transform: refusals,
      },
      otherwise: () => prefilled(request),
    };
  }
}

/** Neither engine may refuse any more; nor name other hosts, as parameters of other connectors can. */
function prefilled({ api, body }: ConnectorRequest): SerialPlan {
  const accept: [string, MemberEdit][] = [
    [THRESHOLD, '0'],
    ['kv_transfer_params', undefined],
  ];
  return {
    dispatch: 'serial',
    prefill: { body: spliceMembers(body, new Map([...limitToOneToken(api, body), ...accept])) },
    readsAnswer: false,
    kv: 'stored',
    decode: () => ({
      withoutKvParams: false,
      leg: { body: spliceMembers(body, new Map(accept)) },
    }),
  };
}

/** Holds on to nothing of a request while its answer streams. */
const refusals: NonNullable<DecodeLeg['transform']> = (head) => {
  const { framing } = head;
  if (framing.kind === 'length' && framing.length > MAX_REFUSAL_BYTES) return undefined;
  const type = contentTypeOf(head);
  return type === undefined ? undefined : refusalTransform(type);
};
