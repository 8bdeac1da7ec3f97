import type { Target } from '../../endpoint/target.js';
import { findMember, type JsonObject } from '../../openai/json-object.js';
import { spliceMembers, type MemberEdit } from '../../openai/json-splice.js';
import { limitToOneWhole } from '../../openai/prefill-edits.js';
import { cachedTokensOf } from '../../openai/usage.js';
import type { DecodeLeg, Leg } from '../../proxy/exchange.js';
import { defineConnector } from '../connector-definition.js';
import { Connector, type ConnectorRequest, type SerialPlan } from '../connector.js';
import { checkRanks } from '../moriio/check-moriio.js';
import { ONE_RANK, rankFields, rankOf, type DpWorld } from '../moriio/dp-rank.js';
import { RANK_SETTINGS } from '../moriio/moriio.settings.js';
import { RANK_FIELD } from '../rank-field.js';
import { correctCachedTokens } from '../correct-cached-tokens.js';
import { checkPull, kvPeersOf, PULL_SETTINGS, type KvPeers } from '../kv-peers.js';

export const nixlv2 = defineConnector({
  name: 'nixlv2',
  settings: { ...PULL_SETTINGS, ...RANK_SETTINGS },
  check: (settings, site, named) => {
    checkRanks(settings, named);
    checkPull(settings, site, named);
  },
  checkUnused: (settings, site, named) => {
    checkPull(settings, site, named);
  },
  create: (settings, { config }) =>
    new Nixlv2Connector(kvPeersOf(settings, config), {
      size: settings.moriioDpSize,
      sizeLocal: settings.moriioDpSizeLocal,
    }),
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
  override readonly pulls: boolean;
  override readonly ownFields: readonly string[];

  /**
   * @param peers where KV is pulled from; undefined: it is not
   * @param world of the prefillers; of several ranks each request is pinned to one
   */
  constructor(
    private readonly peers?: KvPeers,
    private readonly world: DpWorld = ONE_RANK,
  ) {
    super();
    this.pulls = peers !== undefined;
    this.ownFields = world.size > 1 ? [RANK_FIELD] : [];
  }

  plan({ api, body, kvSource, requestId }: ConnectorRequest): SerialPlan {
    const edits = limitToOneWhole(api, body);
    edits.set('kv_transfer_params', PREFILL_PARAMS);
    return {
      dispatch: 'serial',
      prefill: kvSource
        ? (prefiller) =>
            this.pinned(this.pullingPrefill(body, edits, kvSource, prefiller), requestId)
        : this.pinned({ body: spliceMembers(body, edits) }, requestId),
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

  override decodeOnly({ body, kvSource }: ConnectorRequest): DecodeLeg | undefined {
    return kvSource && this.peers?.pullingDecode(body, kvSource);
  }

  private pinned(leg: Leg, requestId: string): Leg {
    const { world } = this;
    if (world.size === 1) return leg;
    return { ...leg, ...rankFields(rankOf(requestId, world), world) };
  }

  /** The prefill of one attempt, which is to find a part of its prompt elsewhere, unless that is where it goes. */
  private pullingPrefill(
    body: JsonObject,
    edits: Map<string, MemberEdit>,
    kvSource: Target,
    prefiller: Target,
  ): Leg {
    const source = this.peers?.sourceFor(prefiller, kvSource);
    edits.set(
      'kv_transfer_params',
      source === undefined
        ? PREFILL_PARAMS
        : `${PREFILL_PARAMS.slice(0, -1)},"remote_kv_source":${source}}`,
    );
    return { body: spliceMembers(body, edits) };
  }
}
