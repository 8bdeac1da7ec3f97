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

const MAX_PORTS = 16;

/** The pods of an InferencePool that prefill for others. */
export class PoolPrefillers {
  private readonly ownIp: string | undefined;
  /** What {@link byPort} was made of. */
  private read: PoolSnapshot | undefined;
  private readonly byPort = new Map<number, readonly Target[]>();

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
  discovered(): readonly Target[] {
    const port = this.port ?? this.pool.snapshot?.targetPorts[0];
    return port === undefined ? [] : this.at(port);
  }

  /** Ready ones at a port. */
  at(port: number): readonly Target[] {
    const { snapshot } = this.pool;
    if (!snapshot) return [];
    if (snapshot !== this.read) {
      this.read = snapshot;
      this.byPort.clear();
    }
    let targets = this.byPort.get(port);
    if (!targets) {
      targets = this.targets(snapshot, port);
      // Clients name the ports.
      if (this.byPort.size >= MAX_PORTS) this.byPort.clear();
      this.byPort.set(port, targets);
    }
    return targets;
  }

  private targets(snapshot: PoolSnapshot, port: number): Target[] {
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
