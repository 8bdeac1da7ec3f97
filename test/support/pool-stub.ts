import {
  PoolSource,
  type PoolListener,
  type PoolPod,
  type PoolSnapshot,
} from '../../src/kubernetes/inference-pool.js';
import { PoolState } from '../../src/kubernetes/pool-state.js';

/** A pool whose content a test sets by hand. */
export class PoolStub extends PoolSource {
  ageMs: number | undefined;
  readonly lastError = undefined;
  private readonly state = new PoolState();
  private readonly listeners = new Set<PoolListener>();

  get isRead(): boolean {
    return this.state.isRead;
  }

  get snapshot(): PoolSnapshot | undefined {
    return this.state.snapshot;
  }

  /** Replaces what the pool selects. */
  set(pods: readonly PoolPod[], targetPorts: readonly number[] = [8000]): void {
    this.ageMs = 0;
    const change = this.state.replace(new Map(pods.map((one) => [one.name, one])), targetPorts);
    if (change) for (const listener of this.listeners) listener(change);
  }

  subscribe(listener: PoolListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** A ready pod with one address, unless told otherwise. */
export function pod(name: string, ip: string, more: Partial<PoolPod> = {}): PoolPod {
  return { name, uid: name, ips: [ip], ready: true, hostNetwork: false, role: undefined, ...more };
}
