import { setTimeout as sleep } from 'node:timers/promises';
import { parseTarget } from '../../../src/endpoint/target.js';
import { loadCluster } from '../../../src/kubernetes/cluster.js';
import { InferencePoolWatcher } from '../../../src/kubernetes/inference-pool.watcher.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { PoolAllowlist } from '../../../src/ssrf/pool-allowlist.js';
import { until } from '../../support/raw-client.js';
import { Link } from '../api/link.js';
import { FOREIGN_IP, POD_IPS } from '../rig/engines.js';
import { ms, must, type Scenario } from '../scenario.js';

const [A, B] = POD_IPS;
const RELISTS = 500;
const PODS = 60;

/** Sidecars list again every ten minutes: here the same watcher and allowlist do it without a pause. */
const relists: Scenario = {
  name: `${RELISTS} relists while pods come and go`,
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPool({ namespace });
    await api.putPod({ namespace, name: 'a', ip: A });
    for (let i = 0; i < PODS; i++)
      await api.putPod({ namespace, name: `p${i}`, ip: `10.7.0.${i + 1}` });
    const counted = await Link.open(api.port);
    stage.after(() => counted.cut());
    const cluster = await loadCluster({
      kubeconfig: await api.kubeconfig('sidecar', counted.port),
    });
    let lists = 0;
    const get = cluster.get.bind(cluster);
    cluster.get = (path, signal) => {
      if (path.includes('/pods?') && !path.includes('watch=')) lists++;
      return get(path, signal);
    };
    const watcher = new InferencePoolWatcher({
      pool: { namespace, name: 'pool' },
      cluster,
      logger: new SilentLogger(),
      timings: { relistMs: 1, pageSize: 20 },
    });
    stage.after(() => watcher.stop());
    const resolver = { resolve: () => Promise.resolve([]) };
    const options = { checkPorts: false, maxStaleness: 0 };
    const allowlist = new PoolAllowlist(
      watcher,
      resolver as unknown as ConstructorParameters<typeof PoolAllowlist>[1],
      new SilentLogger(),
      options,
    );
    const check = (host: string): boolean => allowlist.stillAllows(parseTarget(`${host}:8000`)!);
    watcher.start();
    while (!watcher.snapshot) await sleep(5);
    const started = performance.now();
    lists = 0;
    let checks = 0;
    let wrong = 0;
    watcher.subscribe(() => {
      if (!check(A) || !check('10.7.0.60') || check(FOREIGN_IP)) wrong++;
    });
    const checking = setInterval(() => {
      checks++;
      if (!check(A) || check(FOREIGN_IP)) wrong++;
    }, 1);
    stage.after(() => clearInterval(checking));
    let changes = 0;
    let slowest = 0;
    while (lists < RELISTS * Math.ceil((PODS + 1) / 20)) {
      await api.putPod({ namespace, name: 'z', ip: B });
      await until(() => check(B), 10_000);
      const from = performance.now();
      await api.deletePod('z', namespace);
      await until(() => !check(B), 10_000);
      slowest = Math.max(slowest, performance.now() - from);
      changes += 2;
    }
    clearInterval(checking);
    must(wrong === 0, `${wrong} of ${checks} checks went wrong`);
    must(slowest < 1000, `a deletion took ${ms(slowest)}`);
    const took = performance.now() - started;
    return {
      lists: `${Math.floor(lists / Math.ceil((PODS + 1) / 20))} in ${ms(took)}`,
      changes: String(changes),
      checks: `${checks}, none wrong`,
      'slowest deletion': ms(slowest),
    };
  },
};

export const RELISTS_SCENARIOS: readonly Scenario[] = [relists];
