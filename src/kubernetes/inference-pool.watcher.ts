import type { Logger } from '../logging/logger.js';
import type { ApiError } from './api/api-error.js';
import { Reflector } from './api/reflector.js';
import type { Cluster } from './api/cluster-connection.js';
import {
  PoolSource,
  type PoolChange,
  type PoolListener,
  type PoolPod,
  type PoolSnapshot,
  type WatchedPool,
} from './inference-pool.js';
import { poolCollection } from './objects/collections.js';
import { havingAll } from './objects/pod-selector.js';
import { parsePool, type Pool } from './objects/pool.js';
import { selectorText, type Selector } from './objects/selector.js';
import { PodsMirror } from './pods-mirror.js';
import { poolApis, type PoolApi } from './pool-apis.js';
import { PoolSearch } from './pool-search.js';
import { PoolState } from './pool-state.js';
import { WatchReport } from './watch-report.js';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.js';

/** What a watcher needs. */
export interface InferencePoolWatcherOptions {
  readonly pool: WatchedPool;
  /** Is closed with the watcher. */
  readonly cluster: Cluster;
  readonly logger: Logger;
  /** The details of pods are wanted; false unless given. */
  readonly isDetailed?: boolean;
  readonly timings?: Partial<WatchTimings>;
  /** From 0 to 1; spreads what many sidecars do. */
  readonly random?: () => number;
}

const NO_PODS: ReadonlyMap<string, PoolPod> = new Map();
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * Watches an InferencePool and the pods that it selects.
 *
 * What it tells is the difference to what it told before, of all events that came together. Nothing changes while the
 * API server is away. A new selector takes over once its pods are listed, a list as a whole; a pool that is deleted or
 * selects nothing empties all at once.
 */
export class InferencePoolWatcher extends PoolSource {
  private readonly timings: WatchTimings;
  private readonly random: () => number;
  private readonly apis: readonly PoolApi[];
  private readonly search: PoolSearch;
  private readonly report: WatchReport;
  private readonly stopper = new AbortController();
  private readonly listeners = new Set<PoolListener>();
  /** The pods of {@link active}, none where there is none. */
  private readonly state = new PoolState();
  /** The last proof of what was known of the pool before it was watched where it is now. */
  private provedBefore = 0;
  /** When all APIs last said that there is no pool, where the watched one is not served. */
  private absentAt: number | undefined;
  private isGone = false;
  private isStarted = false;
  /** Why the pool is nowhere. */
  private absence: string | undefined;
  private api: PoolApi | undefined;
  private poolMirror: Reflector<Pool> | undefined;
  /** The pods that were told. */
  private active: PodsMirror | undefined;
  /** The pods of a new selector, not yet listed. */
  private pending: PodsMirror | undefined;
  /** When the pool was first seen with another selector than that of {@link active}. */
  private supersededAt: number | undefined;

  /** @throws ClusterConfigError when the pool's API group is unknown and has no version */
  constructor(private readonly options: InferencePoolWatcherOptions) {
    super();
    this.timings = { ...WATCH_TIMINGS, ...options.timings };
    this.random = options.random ?? Math.random;
    this.apis = poolApis(options.pool);
    this.search = new PoolSearch({
      ...options,
      timings: this.timings,
      random: this.random,
      onFound: (api) => this.found(api),
      onNowhere: (reason, isCertain) => this.nowhere(reason, isCertain),
    });
    this.report = new WatchReport(options.logger, options.pool);
  }

  override get isRead(): boolean {
    return this.state.isRead;
  }

  override get snapshot(): PoolSnapshot | undefined {
    return this.state.snapshot;
  }

  override get ageMs(): number | undefined {
    if (!this.isRead) return undefined;
    // Pods of a selector that is no longer the pool's prove nothing.
    const podsAt = Math.min(this.active?.provedAt ?? Infinity, this.supersededAt ?? Infinity);
    return performance.now() - Math.min(this.poolProvedAt, podsAt);
  }

  override get lastError(): string | undefined {
    return this.failure?.message ?? (this.isRead ? undefined : this.absence);
  }

  override subscribe(listener: PoolListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Once; returns at once. */
  start(): void {
    if (this.isStarted || this.stopper.signal.aborted) return;
    this.isStarted = true;
    if (this.options.cluster.insecure) this.report.insecure(this.options.cluster.name);
    this.search.start(this.apis, this.timings.findMaxMs);
  }

  /** At once and for good: every connection and timer ends. May be called again. */
  stop(): void {
    this.stopper.abort();
    this.search.stop();
    this.poolMirror?.stop();
    this.dropPods();
    this.listeners.clear();
    this.options.cluster.close();
  }

  private get poolProvedAt(): number {
    return Math.max(this.poolMirror?.provedAt ?? this.provedBefore, this.absentAt ?? 0);
  }

  private get failure(): ApiError | undefined {
    return this.poolMirror?.error ?? this.active?.error ?? this.pending?.error;
  }

  /** The set is kept until the other APIs have answered. */
  private unserved(): void {
    if (this.elsewhere.length > 0) this.lookElsewhere();
    else this.gone();
  }

  /** Asks all APIs but the one that is watched: that one tells by itself. */
  private lookElsewhere(): void {
    this.search.start(this.elsewhere, this.timings.backoffMaxMs);
  }

  private get elsewhere(): readonly PoolApi[] {
    return this.apis.filter((api) => api !== this.api);
  }

  private found(api: PoolApi): void {
    if (this.isRead) this.report.moved(api);
    this.watchPool(api);
  }

  private nowhere(reason: string, isCertain: boolean): void {
    this.absence = reason;
    if (isCertain && this.isUnserved) this.gone();
    this.reportState();
  }

  /** A server that does not serve pods either is none: a proxy before it answers. */
  private get isUnserved(): boolean {
    const pods = [this.active, this.pending];
    return !!this.poolMirror?.isUnserved && pods.every((mirror) => mirror?.error?.status !== 404);
  }

  private watchPool(api: PoolApi): void {
    const { cluster, pool } = this.options;
    this.provedBefore = this.poolMirror ? this.poolProvedAt : performance.now();
    this.poolMirror?.stop();
    this.api = api;
    this.poolMirror = new Reflector<Pool>({
      cluster,
      timings: this.timings,
      random: this.random,
      collection: poolCollection(api, pool),
      read: (object) => {
        const { metadata } = object as { metadata?: { name?: string } };
        return metadata?.name === pool.name ? [pool.name, parsePool(object)] : undefined;
      },
      onItems: (items) => this.poolChanged(items.get(pool.name)),
      onState: () => this.stateChanged(),
    });
    this.poolMirror.start();
  }

  private poolChanged(pool: Pool | undefined): void {
    if (!pool) return this.poolGone();
    this.search.stop();
    this.isGone = false;
    this.absentAt = undefined;
    this.report.flaw(pool.flaw);
    if (!pool.selector) {
      this.dropPods();
      this.swap(NO_PODS, pool.targetPorts);
    } else {
      this.select(pool.selector, pool.targetPorts);
    }
  }

  private poolGone(): void {
    const { namespace, name } = this.options.pool;
    this.absence = `InferencePool ${namespace}/${name} was not found`;
    this.absentAt = undefined;
    this.gone();
    this.lookElsewhere();
  }

  private gone(): void {
    if (this.poolMirror?.isUnserved) this.absentAt = performance.now();
    this.dropPods();
    if (!this.isRead) return;
    if (!this.isGone) this.report.gone();
    this.isGone = true;
    this.swap(NO_PODS, []);
  }

  private select(selector: Selector, targetPorts: readonly number[]): void {
    const text = selectorText(selector);
    if (this.active?.selector === text) {
      this.pending?.stop();
      this.pending = undefined;
      this.supersededAt = undefined;
      this.active.targetPorts = targetPorts;
      this.podsChanged(this.active, NO_NAMES);
      return;
    }
    if (this.pending?.selector !== text) {
      this.pending?.stop();
      this.pending = new PodsMirror({
        cluster: this.options.cluster,
        timings: this.timings,
        random: this.random,
        namespace: this.options.pool.namespace,
        selector: havingAll(selector),
        isDetailed: this.options.isDetailed ?? false,
        onPods: (mirror, names) => this.podsChanged(mirror, names),
        onState: () => this.stateChanged(),
      });
      this.supersededAt ??= performance.now();
      this.pending.start();
    }
    this.pending.targetPorts = targetPorts;
  }

  /** @param names of pods that may be different from before; undefined: all may */
  private podsChanged(mirror: PodsMirror, names: ReadonlySet<string> | undefined): void {
    const takesOver = mirror === this.pending;
    if (takesOver) {
      this.active?.stop();
      this.active = mirror;
      this.pending = undefined;
      this.supersededAt = undefined;
    }
    const { pods, targetPorts } = mirror;
    if (mirror !== this.active || !pods) return;
    if (takesOver || !names) this.swap(pods, targetPorts);
    else this.publish(this.state.update(names, pods, targetPorts));
  }

  private dropPods(): void {
    this.active?.stop();
    this.pending?.stop();
    this.active = undefined;
    this.pending = undefined;
    this.supersededAt = undefined;
  }

  private swap(pods: ReadonlyMap<string, PoolPod>, targetPorts: readonly number[]): void {
    this.publish(this.state.replace(pods, targetPorts));
  }

  private publish(change: PoolChange | undefined): void {
    if (this.stopper.signal.aborted || !change) return;
    const { targetPorts } = change;
    if (change.number === 1) this.report.synced(this.state.size, targetPorts, this.api!);
    for (const listener of this.listeners) {
      try {
        listener(change);
      } catch (error) {
        this.report.listenerFailed(error);
      }
    }
  }

  private stateChanged(): void {
    if (this.stopper.signal.aborted) return;
    if (this.isUnserved) this.unserved();
    this.reportState();
  }

  private reportState(): void {
    const pods = this.isRead ? this.state.size : undefined;
    this.report.state(pods, this.lastError, this.failure?.status);
  }
}
