import { ConfigError, quote, reasonOf } from '../../config/config-error.js';
import { dialledHost, type Target } from '../../endpoint/target.js';
import type { Logger } from '../../logging/logger.js';
import type { ConnectorSite } from '../connector-host.js';
import type { MoriioSettings } from './moriio.settings.js';
import { PeerHost, type DnsCounters, type Lookup } from './peer-host.js';

/** What {@link MoriioPeers} use. */
export interface PeerTools {
  readonly config: Pick<ConnectorSite, 'podIp'>;
  readonly metrics: DnsCounters;
  readonly logger: Logger;
}

/** The addresses that engines are told: of this pod, and of all pods of either side where there are several. */
export class MoriioPeers {
  /** Undefined where every request has a decoder of its own. */
  private readonly pod: PeerHost | undefined;
  private readonly remote: readonly PeerHost[];
  private readonly decode: readonly PeerHost[];

  /** @param lookup the system's, or one for tests */
  constructor(settings: MoriioSettings, { config, metrics, logger }: PeerTools, lookup?: Lookup) {
    const dns = {
      ttl: settings.moriioDnsResolveTtlSeconds * 1000,
      timeout: settings.moriioDnsResolveTimeoutSeconds * 1000,
      counters: metrics,
      logger,
      ...(lookup && { lookup }),
    };
    const known = new Map<string, PeerHost>();
    const peer = (name: string): PeerHost => {
      const host = known.get(name) ?? new PeerHost(name, dns);
      known.set(name, host);
      return host;
    };
    const pod = settings.moriioLocalPodIp ?? config.podIp;
    this.pod = pod === undefined ? undefined : peer(pod);
    this.remote = settings.moriioRemoteHosts.map(peer);
    this.decode = settings.moriioDecodeHosts.map(peer);
  }

  /** @param decoder of the request, where it has its own @returns where prefillers write KV to */
  decodeHost(decoder: Target | undefined): string {
    return decoder ? dialledHost(decoder) : this.pod!.address;
  }

  /** Prefill pods, in the order of ranks. */
  get remoteHosts(): readonly string[] {
    return this.remote.map(({ address }) => address);
  }

  get decodeHosts(): readonly string[] {
    return this.decode.map(({ address }) => address);
  }

  /** @throws ConfigError that names the setting whose host has no address */
  async resolve(): Promise<void> {
    const lists = {
      'moriio-local-pod-ip': this.pod ? [this.pod] : [],
      'moriio-remote-hosts': this.remote,
      'moriio-decode-hosts': this.decode,
    };
    await Promise.all(
      Object.entries(lists).flatMap(([key, hosts]) =>
        hosts.map((host) =>
          host.resolve().catch((error: unknown) => {
            throw new ConfigError(
              `--${key}: ${quote(host.name)} does not resolve (${reasonOf(error)}); give a name that DNS knows, or an IP address`,
            );
          }),
        ),
      ),
    );
  }
}
