import type { PoolPod } from '../../src/kubernetes/inference-pool.js';
import { pod } from './pool-stub.js';

const ROLES = ['prefill', 'decode', 'both'];
const PORTS = [[8000], [8000, 8001], [9000], []];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pods as they may follow each other: few names and addresses, so that both are used again and shared. */
export class RandomPods {
  targetPorts: readonly number[] = [8000];
  private readonly pods = new Map<string, PoolPod>();

  constructor(
    private readonly random: () => number,
    private readonly names = 8,
    private readonly addresses = 10,
  ) {}

  get list(): readonly PoolPod[] {
    return [...this.pods.values()];
  }

  /** Mostly a change of some pods; sometimes all are others, none is left, or the ports change. */
  step(): void {
    const kind = this.random();
    if (kind < 0.03) this.pods.clear();
    else if (kind < 0.06) this.another();
    else if (kind < 0.1) this.targetPorts = this.pick(PORTS);
    else for (let left = 1 + this.below(3); left > 0; left--) this.changeOne();
  }

  /** A pool or a selector that selects other pods. */
  private another(): void {
    this.pods.clear();
    for (let i = this.below(this.names); i > 0; i--) this.changeOne();
  }

  private changeOne(): void {
    const name = `p${this.below(this.names)}`;
    const before = this.pods.get(name);
    const kind = this.random();
    if (before && kind < 0.3) this.pods.delete(name);
    else if (before && kind < 0.5) this.pods.set(name, { ...before, ready: !before.ready });
    else this.pods.set(name, this.newPod(name));
  }

  private newPod(name: string): PoolPod {
    const ips = Array.from(
      { length: 1 + this.below(2) },
      () => `10.0.0.${this.below(this.addresses)}`,
    );
    return pod(name, '', {
      ips: [...new Set(ips)],
      uid: String(this.below(3)),
      ready: this.random() < 0.7,
      hostNetwork: this.random() < 0.2,
      role: this.random() < 0.05 ? this.pick(ROLES) : undefined,
    });
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}
