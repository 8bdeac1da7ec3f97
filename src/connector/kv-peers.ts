import { randomUUID } from 'node:crypto';
import { ConfigError } from '../config/config-error.js';
import { boolean, port } from '../config/kinds.js';
import { setting, type ConfigOf } from '../config/setting.js';
import type { Spelling } from '../config/spelling.js';
import { dialledHost, dialsSame, type Target } from '../endpoint/target.js';
import type { JsonObject } from '../openai/json-object.js';
import { spliceMembers } from '../openai/json-splice.js';
import type { DecodeLeg } from '../proxy/exchange.js';
import type { ConnectorSite } from './connector-host.js';

/** Settings of connectors whose engines fetch KV from each other. */
export const KV_PEER_SETTINGS = {
  'p2p-connector-port': setting(port(), {
    group: 'Prefill and decode',
    description:
      "Connector offloading, and --enable-p2p-pull: the port of the P2P tier of vLLM's OffloadingConnector (its VLLM_P2P_SIDE_CHANNEL_PORT), the same in all pods; data-parallel rank r is at this port + r.",
    default: 7777,
    env: ['P2P_CONNECTOR_PORT'],
  }),
};

/** Of those connectors that pull when they are told to. */
export const PULL_SETTINGS = {
  'enable-p2p-pull': setting(boolean(), {
    group: 'Prefill and decode',
    description:
      "Connectors nixlv2 and moriio: let engines pull cached KV from where x-kv-cache-source-host-port says; they run vLLM's OffloadingConnector with its P2P tier beside.",
    default: false,
  }),
  ...KV_PEER_SETTINGS,
};

const HIGHEST_PORT = 65_535;

type Ranks = Pick<ConnectorSite, 'port' | 'dataParallelSize'>;

/** @throws ConfigError when the last rank's port is none */
export function checkKvPeerPorts(
  { p2pConnectorPort }: { readonly p2pConnectorPort: number },
  { dataParallelSize }: Pick<Ranks, 'dataParallelSize'>,
  named: Spelling,
): void {
  const highest = HIGHEST_PORT + 1 - dataParallelSize;
  if (p2pConnectorPort <= highest) return;
  throw new ConfigError(
    `${named('p2p-connector-port')}: ${p2pConnectorPort} leaves no port for each of ${dataParallelSize} ranks (${named('data-parallel-size')}); give ${highest} or less`,
  );
}

/** @throws ConfigError when the configured connector does not pull, or as {@link checkKvPeerPorts} does */
export function checkPull(
  settings: ConfigOf<typeof PULL_SETTINGS>,
  site: Pick<ConnectorSite, 'kvConnector' | 'dataParallelSize'>,
  named: Spelling,
): void {
  if (!settings.enableP2pPull) return;
  if (!['nixlv2', 'moriio'].includes(site.kvConnector)) {
    const pull = named('enable-p2p-pull');
    throw new ConfigError(
      `${pull}: works with nixlv2 and moriio only, and ${named('kv-connector')} is ${site.kvConnector}; leave it out (offloading pulls without it)`,
    );
  }
  checkKvPeerPorts(settings, site, named);
}

/** @returns undefined where nothing is pulled */
export function kvPeersOf(
  { enableP2pPull, p2pConnectorPort }: ConfigOf<typeof PULL_SETTINGS>,
  ranks: Ranks,
): KvPeers | undefined {
  return enableP2pPull ? new KvPeers(p2pConnectorPort, ranks) : undefined;
}

/** Where engines fetch KV from each other, by the P2P tier of vLLM's OffloadingConnector. */
export class KvPeers {
  /**
   * @param basePort of rank 0's P2P tier
   * @param ranks behind which ports they are, in all pods alike
   */
  constructor(
    private readonly basePort: number,
    private readonly ranks: Ranks,
  ) {}

  /**
   * @param target where requests to that engine go
   * @param name under which both engines know this hand-over; a new one where the other engine is not told
   * @returns a value of `remote_prefiller` or `remote_kv_source`, as JSON
   */
  fetchFrom(target: Target, name: string = randomUUID()): string {
    const host = JSON.stringify(dialledHost(target));
    return `{"kv_request_id":"${name}","remote_host":${host},"remote_port":${this.portOf(target)}}`;
  }

  /**
   * @param prefiller which is told of it
   * @param source that the request names
   * @returns a value of `remote_kv_source`; undefined where there is nothing to tell: the prefiller is the source itself
   */
  sourceFor(prefiller: Target, source: Target | undefined): string | undefined {
    return source && !dialsSame(source, prefiller) ? this.fetchFrom(source) : undefined;
  }

  /** A decode whose prompt nobody prefilled, and that source may have a part of. */
  pullingDecode(body: JsonObject, source: Target): DecodeLeg {
    const params = `{"remote_kv_source":${this.fetchFrom(source)}}`;
    return { body: spliceMembers(body, new Map([['kv_transfer_params', params]])) };
  }

  /** A target's port tells its rank, since ranks listen at consecutive ones; any other port is rank 0's. */
  private portOf({ port }: Target): number {
    const rank = port - this.ranks.port;
    return this.basePort + (rank > 0 && rank < this.ranks.dataParallelSize ? rank : 0);
  }
}
