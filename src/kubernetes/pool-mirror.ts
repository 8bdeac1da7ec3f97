import {
  PoolSource,
  type PoolChange,
  type PoolListener,
  type PoolPod,
  type PoolSnapshot,
} from './inference-pool.js';
import { PoolState } from './pool-state.js';

/** A {@link PoolChange} as it is sent: of pods that went, the names say enough. */
export interface PoolDifference {
  readonly number: number;
  /** Names of pods that went, and in whose place none of that name came. */
  readonly gone: readonly string[];
  readonly added: readonly PoolPod[];
  readonly targetPorts: readonly number[];
}

/** @returns what {@link PoolMirror.apply} needs of it */
export function differenceOf({ number, removed, added, targetPorts }: PoolChange): PoolDifference {
  const present = new Set(added.map(({ name }) => name));
  const gone = removed.map(({ name }) => name).filter((name) => !present.has(name));
  return { number, gone, added, targetPorts };
}

/**
 * What another process of this program knows of an InferencePool, which it watches for all.
 *
 * Its age grows by itself: should that process hang, what is known grows old here.
 */
export class PoolMirror extends PoolSource {
  override readonly lastError = undefined;
  private readonly state = new PoolState();
  private provedAt: number | undefined;
  private readonly listeners = new Set<PoolListener>();

  override get isRead(): boolean {
    return this.state.isRead;
  }

  override get snapshot(): PoolSnapshot | undefined {
    return this.state.snapshot;
  }

  /** Of the last change that has come here; 0 before the first. */
  get number(): number {
    return this.state.number;
  }

  override get ageMs(): number | undefined {
    return this.provedAt === undefined ? undefined : performance.now() - this.provedAt;
  }

  override subscribe(listener: PoolListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param ageMs milliseconds since the API server last proved it */
  replace(snapshot: PoolSnapshot, ageMs: number): void {
    this.changed(this.state.adopt(snapshot), ageMs);
  }

  /**
   * @param ageMs milliseconds since the API server last proved what this leads to
   * @returns false when it is not the change after the one that came last: all stays as it is
   */
  apply({ number, gone, added, targetPorts }: PoolDifference, ageMs: number): boolean {
    if (number !== this.number + 1) return false;
    const pods = new Map(added.map((pod) => [pod.name, pod]));
    this.changed(this.state.update([...gone, ...pods.keys()], pods, targetPorts), ageMs);
    return true;
  }

  /** The API server proved the present state to be current, so many milliseconds ago. */
  prove(ageMs: number): void {
    this.provedAt = performance.now() - ageMs;
  }

  private changed(change: PoolChange | undefined, ageMs: number): void {
    this.prove(ageMs);
    if (change) for (const listener of this.listeners) listener(change);
  }
}
