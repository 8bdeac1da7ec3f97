import type { SidecarConfig } from '../config/sidecar.config.js';
import { canonicalIp } from '../endpoint/ip.js';
import { addressTarget, type Target } from '../endpoint/target.js';

type Settings = Pick<SidecarConfig, 'podIp' | 'bindAddress' | 'port' | 'dataParallelSize'>;

/**
 * Under which addresses the data-parallel ranks of this sidecar are known: the pod's, else the one that it listens on,
 * if that is one; with neither there is none. A closed map: what is in it is never dialled, only looked up.
 */
export class RankTargets {
  /** By label. */
  private readonly ranks = new Map<string, number>();

  constructor(settings: Settings) {
    const ip = rankAddress(settings);
    if (ip === undefined) return;
    const { port, dataParallelSize } = settings;
    for (let rank = 0; rank < dataParallelSize; rank++)
      this.ranks.set(addressTarget(ip, port + rank).label, rank);
  }

  /** @returns undefined when the target is none of this sidecar's own ports for clients */
  rankOf({ label }: Target): number | undefined {
    return this.ranks.get(label);
  }
}

/** @returns the address under which ranks are named; undefined when it is not known, so that no name of one is */
export function rankAddress({
  podIp,
  bindAddress,
}: Pick<Settings, 'podIp' | 'bindAddress'>): string | undefined {
  const host = podIp ?? (isAnyAddress(bindAddress) ? undefined : bindAddress);
  return host === undefined ? undefined : canonicalIp(host);
}

function isAnyAddress(address: string): boolean {
  const ip = canonicalIp(address);
  return ip === '::' || ip === '0.0.0.0';
}
