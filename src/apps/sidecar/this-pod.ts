import type { SidecarConfig } from '../../config/sidecar.config.js';
import { canonicalIp } from '../../endpoint/ip.js';
import { dialledHost, type Target } from '../../endpoint/target.js';

/** Whether a target is where this sidecar's own clients send their requests. */
export function isThisPod(
  target: Target,
  { podIp, port }: Pick<SidecarConfig, 'podIp' | 'port'>,
): boolean {
  if (podIp === undefined || target.port !== port) return false;
  return dialledHost(target) === canonicalIp(podIp);
}
