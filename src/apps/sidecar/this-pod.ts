import type { SidecarConfig } from '../../config/sidecar.config.js';
import { canonicalIp } from '../../endpoint/ip.js';
import { dialledHost, type Target } from '../../endpoint/target.js';

/** Whether a target is where this sidecar's own clients send the requests of a data-parallel rank. */
export function isThisPod(
  target: Target,
  { podIp, port }: Pick<SidecarConfig, 'podIp' | 'port'>,
  rank: number,
): boolean {
  if (podIp === undefined || target.port !== port + rank) return false;
  return dialledHost(target) === canonicalIp(podIp);
}
