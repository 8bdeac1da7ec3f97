import { canonicalIp } from '../endpoint/ip.js';
import { addressTarget, type Target } from '../endpoint/target.js';
import type { PoolPod, PoolSnapshot, PoolSource } from '../kubernetes/inference-pool.js';

/** Values of the label `llm-d.ai/role` whose pods prefill. */
const PREFILL_ROLES: ReadonlySet<string> = new Set([
  'prefill',
  'prefill-decode',
  'both',
  'encode-prefill',
  'encode-prefill-decode',
]);

/** The pods of an InferencePool that prefill for others. */
export class PoolPrefillers {
  private readonly ownIp: string | undefined;

  /**
   * @param podIp of this sidecar's own pod, which is never among them
   * @param port where discovery finds them; undefined: the pool's first target port
   */
  constructor(
    private readonly pool: PoolSource,
    podIp: string | undefined,
    private readonly port: number | undefined,
  ) {
    this.ownIp = podIp === undefined ? undefined : canonicalIp(podIp);
  }

  /** Ready ones at the port of discovery; none before the pool is read. */
  discovered(): Target[] {
    const { snapshot } = this.pool;
    const port = this.port ?? snapshot?.targetPorts[0];
    return port === undefined ? [] : this.at(port);
  }

  /** Ready ones at a port. */
  at(port: number): Target[] {
    const { snapshot } = this.pool;
    if (!snapshot) return [];
    return prefillPods(snapshot)
      .filter(({ ready, ips }) => ready && !this.isOwn(ips))
      .map(({ ips }) => addressTarget(ips[0]!, port));
  }

  private isOwn(ips: readonly string[]): boolean {
    return this.ownIp !== undefined && ips.includes(this.ownIp);
  }
}

/** By their role; in a pool without roles every pod may be one. */
function prefillPods({ pods }: PoolSnapshot): readonly PoolPod[] {
  if (pods.every(({ role }) => role === undefined)) return pods;
  return pods.filter(({ role }) => role !== undefined && PREFILL_ROLES.has(role));
}
