import { PoolSource, type PoolSnapshot } from './inference-pool.js';

/**
 * What another process of this program knows of an InferencePool, which it watches for all.
 *
 * Its age grows by itself: should that process hang, the snapshot grows old here.
 */
export class PoolMirror extends PoolSource {
  override snapshot: PoolSnapshot | undefined;
  override readonly lastError = undefined;
  private provedAt: number | undefined;
  private readonly listeners = new Set<(snapshot: PoolSnapshot) => void>();

  override get ageMs(): number | undefined {
    return this.provedAt === undefined ? undefined : performance.now() - this.provedAt;
  }

  override subscribe(listener: (snapshot: PoolSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param ageMs milliseconds since the API server last proved it */
  replace(snapshot: PoolSnapshot, ageMs: number): void {
    this.snapshot = snapshot;
    this.prove(ageMs);
    for (const listener of this.listeners) listener(snapshot);
  }

  /** The API server proved the present snapshot to be current, so many milliseconds ago. */
  prove(ageMs: number): void {
    this.provedAt = performance.now() - ageMs;
  }
}
