import { setTimeout as sleep } from 'node:timers/promises';
import { parseTarget } from '../../../src/endpoint/target.js';
import { loadCluster } from '../../../src/kubernetes/cluster.js';
import { InferencePoolWatcher } from '../../../src/kubernetes/inference-pool.watcher.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import type { NameResolver } from '../../../src/ssrf/name-resolver.js';
import { PoolAllowlist } from '../../../src/ssrf/pool-allowlist.js';

const NO_NAMES = { resolve: () => Promise.resolve([]) } as unknown as NameResolver;

/** What decides in a sidecar, in this process, so that it lists without a pause instead of every ten minutes. */
export class WatchedAllowlist {
  /** Requests for pages of pods so far. */
  pages = 0;
  private readonly watcher: InferencePoolWatcher;
  private readonly allowlist: PoolAllowlist;

  private constructor(watcher: InferencePoolWatcher) {
    this.watcher = watcher;
    const options = { checkPorts: false, maxStaleness: 0 };
    this.allowlist = new PoolAllowlist(watcher, NO_NAMES, new SilentLogger(), options);
  }

  /** @returns when it has the pods */
  static async start(
    kubeconfig: string,
    namespace: string,
    pageSize: number,
  ): Promise<WatchedAllowlist> {
    const cluster = await loadCluster({ kubeconfig });
    const watcher = new InferencePoolWatcher({
      pool: { namespace, name: 'pool' },
      cluster,
      logger: new SilentLogger(),
      timings: { relistMs: 1, pageSize },
    });
    const watched = new WatchedAllowlist(watcher);
    const get = cluster.get.bind(cluster);
    cluster.get = (path, signal) => {
      if (path.includes('/pods?') && !path.includes('watch=')) watched.pages++;
      return get(path, signal);
    };
    watcher.start();
    while (!watcher.snapshot) await sleep(5);
    return watched;
  }

  allows(host: string): boolean {
    return this.allowlist.stillAllows(parseTarget(`${host}:8000`)!);
  }

  /** @param check is called with every change of the set */
  onChange(check: () => void): void {
    this.watcher.subscribe(check);
  }

  stop(): void {
    this.watcher.stop();
  }
}
