import { randomBytes } from 'node:crypto';
import { atDialledHost, dialledHost, type Target } from '../../endpoint/target.js';
import { ProxyError } from '../../errors/proxy.error.js';
import type { JsonObject } from '../../openai/json-object.js';
import { spliceMembers, type MemberEdit } from '../../openai/json-splice.js';
import { limitToOneWhole } from '../../openai/prefill-edits.js';
import { cachedTokensOf } from '../../openai/usage.js';
import type { DecodeLeg, Leg } from '../../proxy/exchange.js';
import { defineConnector } from '../connector-definition.js';
import {
  Connector,
  type ConcurrentPlan,
  type ConnectorRequest,
  type DecodeStep,
  type LegPair,
  type SerialPlan,
} from '../connector.js';
import { correctCachedTokens } from '../correct-cached-tokens.js';
import { checkPull, kvPeersOf, PULL_SETTINGS, type KvPeers } from '../kv-peers.js';
import { checkMoriio, checkNoMoriio } from '../moriio/check-moriio.js';
import { namesEngine } from '../moriio/engine-in-id.js';
import { hasPods, rankFields, rankOf } from '../moriio/dp-rank.js';
import { MORIIO_SETTINGS, type MoriioSettings } from '../moriio/moriio.settings.js';
import { MoriioPeers } from '../moriio/moriio-peers.js';
import { RANK_FIELD } from '../rank-field.js';
import { TransferParams, paramsIn, rankIn, type Transfer } from '../moriio/transfer-params.js';

export const moriio = defineConnector({
  name: 'moriio',
  settings: { ...MORIIO_SETTINGS, ...PULL_SETTINGS },
  needsSettings: true,
  replaces: ({ moriioWriteMode }) => (moriioWriteMode ? 'nixlv2' : undefined),
  check: (settings, site, named) => {
    checkMoriio(settings, site, named);
    checkPull(settings, site, named);
  },
  checkUnused: checkNoMoriio,
  create: (settings, host) =>
    new MoriioConnector(
      settings,
      new MoriioPeers(settings, host),
      kvPeersOf(settings, host.config),
    ),
});

/**
 * vLLM's MoRIIOConnector in WRITE mode: the decoder tells the prefiller where its blocks are, and the prefiller writes the
 * KV cache into them. Both legs run on one data-parallel rank, which this router picks.
 */
export class MoriioConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'moriio' };
  override readonly namesDecoder = true;
  override readonly ownFields: readonly string[];
  override readonly pulls: boolean;
  private readonly params: TransferParams;

  /** @param sources where cached KV is pulled from; undefined: it is not */
  constructor(
    private readonly settings: MoriioSettings,
    private readonly peers: MoriioPeers,
    private readonly sources?: KvPeers,
  ) {
    super();
    this.pulls = sources !== undefined;
    this.params = new TransferParams(settings);
    this.ownFields = settings.moriioDpSize > 1 ? [RANK_FIELD] : [];
  }

  override start(): Promise<void> {
    return this.peers.resolve();
  }

  /** @throws ProxyError engine_in_request_id */
  plan(request: ConnectorRequest): SerialPlan | ConcurrentPlan {
    if (namesEngine(request.requestId, request.body)) {
      throw new ProxyError('engine_in_request_id', 'the id of the request names an engine');
    }
    return this.settings.moriioParallelDispatch ? this.parallel(request) : this.serial(request);
  }

  override decodeOnly({ body, kvSource }: ConnectorRequest): DecodeLeg | undefined {
    return kvSource && this.sources?.pullingDecode(body, kvSource);
  }

  private serial(request: ConnectorRequest): SerialPlan {
    const transfers = this.transfersOf(request);
    const edits = limitToOneWhole(request.api, request.body);
    let transfer: Transfer;
    return {
      dispatch: 'serial',
      prefill: (prefiller) => this.prefill(request, edits, (transfer = transfers()), prefiller),
      readsAnswer: true,
      kv: 'for-one',
      decode: (answer, prefiller) => this.decode(request, transfer, answer, prefiller),
    };
  }

  private parallel(request: ConnectorRequest): ConcurrentPlan {
    const transfers = this.transfersOf(request);
    const edits = limitToOneWhole(request.api, request.body);
    return {
      dispatch: 'concurrent',
      holdsAnswer: this.settings.moriioParallelDecodeWaitTimeout,
      pair: (prefiller) => this.pair(request, edits, transfers(), prefiller),
    };
  }

  /** Each attempt is a transfer of its own, all on one rank. */
  private transfersOf({ requestId, isOwnId }: ConnectorRequest): () => Transfer {
    const rank = rankOf(requestId, this.params.world);
    // An id that a client chose may come again, and can be guessed; so does the own one when it is tried again.
    let isNew = isOwnId;
    return () => {
      const id = `tx${requestId}${isNew ? '' : `-${randomBytes(4).toString('hex')}`}`;
      isNew = false;
      return { id, rank };
    };
  }

  private prefill(
    { body, kvSource, decoder }: ConnectorRequest,
    edits: ReadonlyMap<string, MemberEdit>,
    transfer: Transfer,
    prefiller: Target,
  ): Leg {
    const { decodeHosts } = this.peers;
    const source = this.sources?.sourceFor(prefiller, kvSource);
    const params = this.params.prefill(
      transfer,
      this.peers.decodeHost(decoder),
      decodeHosts,
      source,
    );
    return {
      body: spliceMembers(body, new Map(edits).set('kv_transfer_params', params)),
      ...rankFields(transfer.rank, this.params.world),
    };
  }

  private pair(
    request: ConnectorRequest,
    edits: ReadonlyMap<string, MemberEdit>,
    transfer: Transfer,
    prefiller: Target,
  ): LegPair {
    const { body } = request;
    const params = this.params.decode(transfer, dialledHost(prefiller), this.peers.remoteHosts);
    return {
      prefill: {
        ...this.prefill(request, edits, transfer, prefiller),
        target: atDialledHost(prefiller),
      },
      decode: {
        body: spliceMembers(body, new Map([['kv_transfer_params', params]])),
        ...rankFields(transfer.rank, this.params.world),
      },
    };
  }

  private decode(
    { api, body }: ConnectorRequest,
    transfer: Transfer,
    answer: JsonObject | undefined,
    prefiller: Target,
  ): DecodeStep {
    const { world } = this.params;
    const answered = paramsIn(answer);
    const hosts = this.peers.remoteHosts;
    const rank = (answered && rankIn(answered, world)) ?? this.rankAt(prefiller, transfer.rank);
    const params = answered && this.params.complete(answered, transfer.id, rank, hosts);
    return {
      withoutKvParams: params === undefined,
      leg: {
        body: spliceMembers(body, new Map([['kv_transfer_params', params]])),
        ...rankFields(rank, world),
        transform: correctCachedTokens(api, answer ? cachedTokensOf(api, answer) : 0),
      },
    };
  }

  /** @returns a rank within a prefiller's pod as all pods count, where it is known which pod it is */
  private rankAt(prefiller: Target, rank: number): number {
    const { world } = this.params;
    if (!hasPods(world)) return rank;
    return (
      Math.max(0, this.peers.remoteHosts.indexOf(dialledHost(prefiller))) * world.sizeLocal + rank
    );
  }
}
