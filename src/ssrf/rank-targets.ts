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

  constructor({ podIp, bindAddress, port, dataParallelSize }: Settings) {
    const host = podIp ?? (isAnyAddress(bindAddress) ? undefined : bindAddress);
    const ip = host === undefined ? undefined : canonicalIp(host);
    if (ip === undefined) return;
    for (let rank = 0; rank < dataParallelSize; rank++)
      this.ranks.set(addressTarget(ip, port + rank).label, rank);
  }

  /** @returns undefined when the target is none of this sidecar's own ports for clients */
  rankOf({ label }: Target): number | undefined {
    return this.ranks.get(label);
  }
}

function isAnyAddress(address: string): boolean {
  const ip = canonicalIp(address);
  return ip === '::' || ip === '0.0.0.0';
}
