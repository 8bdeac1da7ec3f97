import { asApiError } from './api/api-error.js';
import { backoff } from './api/backoff.js';
import type { Cluster } from './api/cluster-connection.js';
import { pause } from './api/pause.js';
import type { WatchedPool } from './inference-pool.js';
import type { PoolApi } from './pool-apis.js';
import { PoolFinder } from './pool-finder.js';
import type { WatchTimings } from './watch-timings.js';

/** What to look for, and whom to tell. */
export interface PoolSearchOptions {
  readonly pool: WatchedPool;
  readonly cluster: Cluster;
  readonly timings: WatchTimings;
  /** From 0 to 1. */
  readonly random: () => number;
  /** The search has ended. */
  readonly onFound: (api: PoolApi) => void;
  /**
   * All were asked in vain; they are asked again.
   *
   * @param reason for one log line
   * @param isCertain every one of them says that it does not have the pool: none refused to tell, none was silent
   */
  readonly onNowhere: (reason: string, isCertain: boolean) => void;
}

/** Looks for a pool until it is found: one search at a time. */
export class PoolSearch {
  private readonly finder: PoolFinder;
  private running: AbortController | undefined;

  constructor(private readonly options: PoolSearchOptions) {
    this.finder = new PoolFinder(options.cluster, options.pool, options.timings);
  }

  /**
   * Begins at once; goes on with a search that is under way instead.
   *
   * @param maxMs longest pause between two rounds
   */
  start(apis: readonly PoolApi[], maxMs: number): void {
    if (this.running || apis.length === 0) return;
    this.running = new AbortController();
    void this.run(apis, maxMs, this.running.signal);
  }

  /** At once: no callback comes after it. */
  stop(): void {
    this.running?.abort();
    this.running = undefined;
  }

  private async run(apis: readonly PoolApi[], maxMs: number, signal: AbortSignal): Promise<void> {
    const { timings, random } = this.options;
    const bounds = { backoffMinMs: timings.backoffMinMs, backoffMaxMs: maxMs };
    for (let round = 1; !signal.aborted; round++) {
      const api = await this.look(apis, signal);
      if (signal.aborted) return;
      if (api) {
        this.running = undefined;
        this.options.onFound(api);
        return;
      }
      await pause(backoff(round, bounds, random), signal);
    }
  }

  private async look(apis: readonly PoolApi[], signal: AbortSignal): Promise<PoolApi | undefined> {
    const { cluster, onNowhere } = this.options;
    try {
      const finding = await this.finder.find(apis, signal);
      if (signal.aborted) return undefined;
      if ('api' in finding) return finding.api;
      onNowhere(finding.reason, finding.isCertain);
    } catch (failure) {
      if (signal.aborted) return undefined;
      const error = asApiError(cluster.name, failure);
      if (error.status === 401) await cluster.forgetCredentials();
      if (!signal.aborted) onNowhere(error.message, false);
    }
    return undefined;
  }
}
