import {
  PoolSource,
  type PoolPod,
  type PoolSnapshot,
} from '../../src/kubernetes/inference-pool.js';

/** A pool whose content a test sets by hand. */
export class PoolStub extends PoolSource {
  snapshot: PoolSnapshot | undefined;
  ageMs: number | undefined;
  readonly lastError = undefined;
  private readonly listeners = new Set<(snapshot: PoolSnapshot) => void>();

  /** Replaces what the pool selects. */
  set(pods: readonly PoolPod[], targetPorts: readonly number[] = [8000]): void {
    this.snapshot = { pods, targetPorts };
    this.ageMs = 0;
    for (const listener of this.listeners) listener(this.snapshot);
  }

  subscribe(listener: (snapshot: PoolSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** A ready pod with one address, unless told otherwise. */
export function pod(name: string, ip: string, more: Partial<PoolPod> = {}): PoolPod {
  return { name, uid: name, ips: [ip], ready: true, hostNetwork: false, role: undefined, ...more };
}
