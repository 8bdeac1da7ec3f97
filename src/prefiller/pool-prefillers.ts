import { canonicalIp } from '../endpoint/ip.js';
import type { Target } from '../endpoint/target.js';
import type { PoolChange, PoolPod, PoolSource } from '../kubernetes/inference-pool.js';
import { PodTargets } from './pod-targets.js';

/** Values of the label `llm-d.ai/role` whose pods prefill. */
const PREFILL_ROLES: ReadonlySet<string> = new Set([
  'prefill',
  'prefill-decode',
  'both',
  'encode-prefill',
  'encode-prefill-decode',
]);

/**
 * The pods of an InferencePool that prefill for others.
 *
 * Followed from the first question on; a change then costs what its pods cost, and a question nothing but the list of
 * a port that was not asked for before.
 */
export class PoolPrefillers {
  private readonly ownIp: string | undefined;
  private isFollowed = false;
  private targetPorts: readonly number[] = [];
  /** Pods with a role, whatever it is. */
  private withRole = 0;
  private readonly byRole = new PodTargets();
  /** Pods without a role, all of which prefill in a pool where no pod has one. */
  private readonly roleless = new PodTargets();

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

  /** As {@link at}, at the port of discovery. */
  discovered(): readonly Target[] {
    this.follow();
    const port = this.port ?? this.targetPorts[0];
    return port === undefined ? [] : this.at(port);
  }

  /**
   * Ready ones at a port.
   *
   * @returns in no order, none before the pool is read; the list changes with the pool and is not to be kept
   */
  at(port: number): readonly Target[] {
    this.follow();
    return (this.withRole > 0 ? this.byRole : this.roleless).at(port);
  }

  private follow(): void {
    if (this.isFollowed) return;
    this.isFollowed = true;
    this.pool.follow((change) => this.apply(change));
  }

  private apply({ removed, added, targetPorts }: PoolChange): void {
    this.targetPorts = targetPorts;
    for (const { name, role } of removed) {
      if (role !== undefined) this.withRole--;
      this.byRole.remove(name);
      this.roleless.remove(name);
    }
    for (const pod of added) {
      if (pod.role !== undefined) this.withRole++;
      if (pod.ready && !this.isOwn(pod.ips)) this.targetsOf(pod)?.add(pod.name, pod.ips[0]!);
    }
  }

  private targetsOf({ role }: PoolPod): PodTargets | undefined {
    if (role === undefined) return this.roleless;
    return PREFILL_ROLES.has(role) ? this.byRole : undefined;
  }

  private isOwn(ips: readonly string[]): boolean {
    return this.ownIp !== undefined && ips.includes(this.ownIp);
  }
}
