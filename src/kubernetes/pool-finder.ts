import { ApiError } from './api/api-error.js';
import { CollectionClient } from './api/collection.js';
import type { Cluster } from './api/cluster-connection.js';
import type { WatchedPool } from './inference-pool.js';
import { poolCollection } from './objects/collections.js';
import type { PoolApi } from './pool-apis.js';
import type { WatchTimings } from './watch-timings.js';

/** Where a pool is, or why it is nowhere, in words. */
export type Finding =
  | { readonly api: PoolApi }
  | {
      readonly reason: string;
      /** No API refused to tell (403): each is not served or does not hold the pool. */
      readonly isCertain: boolean;
    };

/** Looks for a pool in the APIs that may have it. */
export class PoolFinder {
  constructor(
    private readonly cluster: Cluster,
    private readonly pool: WatchedPool,
    private readonly timings: WatchTimings,
  ) {}

  /**
   * Asks one API after the other; one that is not served (404), may not be read (403) or does not hold the pool is
   * passed over.
   *
   * @throws ApiError when the server does not answer or fails otherwise; the reason of the signal
   */
  async find(apis: readonly PoolApi[], signal: AbortSignal): Promise<Finding> {
    const { namespace, name } = this.pool;
    const absent: string[] = [];
    const unserved: string[] = [];
    const denied: string[] = [];
    let denial = '';
    for (const api of apis) {
      const where = `${api.group}/${api.version}`;
      try {
        const client = new CollectionClient(
          this.cluster,
          poolCollection(api, this.pool),
          this.timings,
        );
        if ((await client.list(signal)).items.length > 0) return { api };
        absent.push(where);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 403) {
          denial ||= error.message;
          denied.push(where);
        } else if (error.status === 404) unserved.push(where);
        else throw error;
      }
    }
    const nowhere = [
      absent.length > 0 && `was not found in ${absent.join(', ')}`,
      unserved.length > 0 && `cannot be in ${unserved.join(', ')}: not served (404)`,
      // What permission is missing matters where it may be the reason.
      denied.length > 0 &&
        (absent.length > 0
          ? `may not be read in ${denied.join(', ')}`
          : `cannot be read: ${denial}`),
    ].filter(Boolean);
    const reason = `InferencePool ${namespace}/${name} ${nowhere.join('; ')}`;
    return { reason, isCertain: denied.length === 0 };
  }
}
