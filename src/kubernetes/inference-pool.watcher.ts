import type { Logger } from '../logging/logger.js';
import { asApiError, type ApiError } from './api/api-error.js';
import { backoff } from './api/backoff.js';
import { pause } from './api/pause.js';
import { Reflector } from './api/reflector.js';
import type { Cluster } from './api/cluster-connection.js';
import { PoolSource, type PoolSnapshot, type WatchedPool } from './inference-pool.js';
import { poolCollection } from './objects/collections.js';
import { samePods } from './objects/pod.js';
import { parsePool, type Pool } from './objects/pool.js';
import { selectorText, type Selector } from './objects/selector.js';
import { PodsMirror } from './pods-mirror.js';
import { poolApis, type PoolApi } from './pool-apis.js';
import { PoolFinder } from './pool-finder.js';
import { WatchReport } from './watch-report.js';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.js';

/** What a watcher needs. */
export interface InferencePoolWatcherOptions {
  readonly pool: WatchedPool;
  /** Is closed with the watcher. */
  readonly cluster: Cluster;
  readonly logger: Logger;
  readonly timings?: Partial<WatchTimings>;
  /** From 0 to 1; spreads what many sidecars do. */
  readonly random?: () => number;
}

/**
 * Watches an InferencePool and the pods that it selects.
 *
 * The snapshot is computed anew from what is known, on changes of the pool as of pods, and replaced whole. It stays as
 * it is while the API server is away. A new selector takes over once its pods are listed; a pool that is deleted or
 * selects nothing empties the snapshot at once.
 */
export class InferencePoolWatcher extends PoolSource {
  private readonly timings: WatchTimings;
  private readonly random: () => number;
  private readonly apis: readonly PoolApi[];
  private readonly finder: PoolFinder;
  private readonly report: WatchReport;
  private readonly stopper = new AbortController();
  private readonly listeners = new Set<(snapshot: PoolSnapshot) => void>();
  private state: PoolSnapshot | undefined;
  private provedBefore = 0;
  private isStarted = false;
  /** Ends the search for the pool that is under way. */
  private search: AbortController | undefined;
  /** Why the pool is nowhere. */
  private absence: string | undefined;
  private api: PoolApi | undefined;
  private poolMirror: Reflector<Pool> | undefined;
  /** The pods of the snapshot. */
  private active: PodsMirror | undefined;
  /** The pods of a new selector, not yet listed. */
  private pending: PodsMirror | undefined;

  /** @throws ClusterConfigError when the pool's API group is unknown and has no version */
  constructor(private readonly options: InferencePoolWatcherOptions) {
    super();
    this.timings = { ...WATCH_TIMINGS, ...options.timings };
    this.random = options.random ?? Math.random;
    this.apis = poolApis(options.pool);
    this.finder = new PoolFinder(options.cluster, options.pool, this.timings);
    this.report = new WatchReport(options.logger, options.pool);
  }

  override get snapshot(): PoolSnapshot | undefined {
    return this.state;
  }

  override get ageMs(): number | undefined {
    if (!this.state) return undefined;
    const proofs = [this.poolMirror, this.active]
      .filter((mirror) => mirror !== undefined)
      .map(({ provedAt }) => provedAt ?? this.provedBefore);
    return performance.now() - Math.min(...proofs);
  }

  override get lastError(): string | undefined {
    return this.failure?.message ?? (this.state ? undefined : this.absence);
  }

  override subscribe(listener: (snapshot: PoolSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Once; returns at once. */
  start(): void {
    if (this.isStarted || this.stopper.signal.aborted) return;
    this.isStarted = true;
    if (this.options.cluster.insecure) this.report.insecure(this.options.cluster.name);
    this.look(this.apis, this.timings.findMaxMs);
  }

  /** At once and for good: every connection and timer ends. May be called again. */
  stop(): void {
    this.stopper.abort();
    this.search?.abort();
    this.poolMirror?.stop();
    this.dropPods();
    this.listeners.clear();
    this.options.cluster.close();
  }

  private get failure(): ApiError | undefined {
    return this.poolMirror?.error ?? this.active?.error ?? this.pending?.error;
  }

  /** Looks for the pool until it is found, or it turns up where it is watched. */
  private look(apis: readonly PoolApi[], maxMs: number): void {
    if (this.search || apis.length === 0) return;
    const search = new AbortController();
    this.search = search;
    void this.lookUntilFound(apis, maxMs, search.signal);
  }

  private async lookUntilFound(
    apis: readonly PoolApi[],
    maxMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { backoffMinMs } = this.timings;
    for (let round = 1; !signal.aborted; round++) {
      const api = await this.lookOnce(apis, signal);
      if (signal.aborted) return;
      if (api) {
        this.search = undefined;
        this.watchPool(api);
        return;
      }
      this.report.state(this.state, this.lastError, undefined);
      await pause(backoff(round, { backoffMinMs, backoffMaxMs: maxMs }, this.random), signal);
    }
  }

  private async lookOnce(
    apis: readonly PoolApi[],
    signal: AbortSignal,
  ): Promise<PoolApi | undefined> {
    try {
      const finding = await this.finder.find(apis, signal);
      if ('api' in finding) return finding.api;
      this.absence = finding.reason;
    } catch (failure) {
      if (signal.aborted) return undefined;
      const error = asApiError(this.options.cluster.name, failure);
      this.absence = error.message;
      if (error.status === 401) await this.options.cluster.forgetCredentials();
    }
    return undefined;
  }

  private watchPool(api: PoolApi): void {
    const { cluster, pool } = this.options;
    this.poolMirror?.stop();
    this.api = api;
    this.provedBefore = performance.now();
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
    this.search?.abort();
    this.search = undefined;
    this.report.flaw(pool.flaw);
    if (!pool.selector) {
      this.dropPods();
      this.publish({ pods: [], targetPorts: pool.targetPorts });
    } else {
      this.select(pool.selector, pool.targetPorts);
    }
  }

  /** Its own API tells when it is back; the others have to be asked. */
  private poolGone(): void {
    const { namespace, name } = this.options.pool;
    this.absence = `InferencePool ${namespace}/${name} was not found`;
    this.dropPods();
    if (this.state) {
      this.report.gone();
      this.publish({ pods: [], targetPorts: [] });
    }
    this.look(
      this.apis.filter((api) => api !== this.api),
      this.timings.backoffMaxMs,
    );
  }

  private select(selector: Selector, targetPorts: readonly number[]): void {
    const text = selectorText(selector);
    if (this.active?.selector === text) {
      this.pending?.stop();
      this.pending = undefined;
      this.active.targetPorts = targetPorts;
      this.podsChanged(this.active);
      return;
    }
    if (this.pending?.selector !== text) {
      this.pending?.stop();
      this.pending = new PodsMirror({
        cluster: this.options.cluster,
        timings: this.timings,
        random: this.random,
        namespace: this.options.pool.namespace,
        selector,
        onPods: (mirror) => this.podsChanged(mirror),
        onState: () => this.stateChanged(),
      });
      this.pending.start();
    }
    this.pending.targetPorts = targetPorts;
  }

  private podsChanged(mirror: PodsMirror): void {
    if (mirror === this.pending) {
      this.active?.stop();
      this.active = mirror;
      this.pending = undefined;
    }
    if (mirror !== this.active || !mirror.pods) return;
    this.publish({ pods: mirror.pods, targetPorts: mirror.targetPorts });
  }

  private dropPods(): void {
    this.active?.stop();
    this.pending?.stop();
    this.active = undefined;
    this.pending = undefined;
  }

  private publish(next: PoolSnapshot): void {
    const { state: previous } = this;
    if (this.stopper.signal.aborted || (previous && isSame(previous, next))) return;
    this.state = Object.freeze(next);
    if (!previous) this.report.synced(next, this.api!);
    for (const listener of this.listeners) {
      try {
        listener(next);
      } catch (error) {
        this.report.listenerFailed(error);
      }
    }
  }

  private stateChanged(): void {
    if (this.stopper.signal.aborted) return;
    this.report.state(this.state, this.lastError, this.failure?.status);
  }
}

function isSame(a: PoolSnapshot, b: PoolSnapshot): boolean {
  return (
    samePods(a.pods, b.pods) &&
    a.targetPorts.length === b.targetPorts.length &&
    a.targetPorts.every((port, i) => port === b.targetPorts[i])
  );
}
