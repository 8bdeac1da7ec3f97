import type { Logger } from '../logging/logger.js';
import type { Cluster } from './api/cluster-connection.js';
import {
  PoolSource,
  type PoolChange,
  type PoolListener,
  type PoolSnapshot,
} from './inference-pool.js';
import { parseLabelSelector } from './objects/label-selector.js';
import type { PodSelector } from './objects/pod-selector.js';
import { PodsMirror } from './pods-mirror.js';
import { PoolState } from './pool-state.js';
import { troubleOf } from './trouble.js';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.js';

export { parseLabelSelector };

export interface SelectedPoolOptions {
  /** Is closed with the pool. */
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly selector: PodSelector;
  readonly targetPorts: readonly number[];
  readonly logger: Logger;
  readonly timings?: Partial<WatchTimings>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** A pool that no object describes: the pods of a namespace that a selector selects, with their details. */
export class SelectedPool extends PoolSource {
  private readonly state = new PoolState();
  private readonly listeners = new Set<PoolListener>();
  private readonly mirror: PodsMirror;
  private told: string | undefined;

  constructor(private readonly options: SelectedPoolOptions) {
    super();
    const { cluster, namespace, selector, targetPorts, timings, random = Math.random } = options;
    this.mirror = new PodsMirror({
      ...{ cluster, namespace, selector, random, isDetailed: true },
      timings: { ...WATCH_TIMINGS, ...timings },
      onPods: (mirror, names) => this.podsChanged(mirror, names),
      onState: () => this.stateChanged(),
    });
    this.mirror.targetPorts = targetPorts;
  }

  override get isRead(): boolean {
    return this.state.isRead;
  }

  override get snapshot(): PoolSnapshot | undefined {
    return this.state.snapshot;
  }

  override get ageMs(): number | undefined {
    const { provedAt } = this.mirror;
    return provedAt === undefined ? undefined : performance.now() - provedAt;
  }

  override get lastError(): string | undefined {
    return this.mirror.error?.message;
  }

  override subscribe(listener: PoolListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Once; returns at once. */
  start(): void {
    const { cluster, logger } = this.options;
    if (cluster.insecure) {
      logger.warn('the API server is not verified: insecure-skip-tls-verify', {
        server: cluster.name,
      });
    }
    this.mirror.start();
  }

  /** At once and for good. */
  stop(): void {
    this.mirror.stop();
    this.listeners.clear();
    this.options.cluster.close();
  }

  private podsChanged(
    { pods, targetPorts }: PodsMirror,
    names: ReadonlySet<string> | undefined,
  ): void {
    if (!pods) return;
    const { state } = this;
    const change = names
      ? state.update(names, pods, targetPorts)
      : state.replace(pods, targetPorts);
    if (change) this.publish(change);
  }

  private publish(change: PoolChange): void {
    const { logger, namespace, selector, targetPorts } = this.options;
    if (change.number === 1) {
      const { text } = selector;
      logger.info('pods synced', { namespace, selector: text, pods: this.state.size, targetPorts });
    }
    for (const listener of this.listeners) listener(change);
  }

  private stateChanged(): void {
    const { logger, cluster } = this.options;
    const error = this.lastError;
    if (error === this.told) return;
    this.told = error;
    const fields = { server: cluster.name, pods: this.state.size };
    if (error === undefined) logger.info('Kubernetes API in contact again', fields);
    else if (this.isRead) {
      const trouble = troubleOf(this.mirror.error!);
      logger.warn(`Kubernetes API ${trouble}: the known pods stay`, { ...fields, error });
    } else logger.warn('pods are not synced', { server: cluster.name, error });
  }
}
