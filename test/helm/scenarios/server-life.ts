import type { ChartCases, GoodCase } from '../chart-cases.js';
import type { HelmCluster } from '../cluster/helm-cluster.js';
import { leftovers } from '../cluster/leftovers.js';
import { nameOf } from '../cluster/object-client.js';
import { RELEASE, type Helm } from '../rig/helm.js';
import { must, type ClusterScenario } from '../scenario.js';

/** Releases as helm makes them in a real cluster, from the first to the last of their days. */
export const SERVER_LIFE: readonly ClusterScenario[] = [
  {
    name: 'helm installs, upgrades to every set of values, and uninstalls with nothing left',
    needs: 'cluster',
    run: async ({ helm, charts, cluster }) => {
      let upgrades = 0;
      for (const cases of charts) upgrades += await live(helm, cluster, cases);
      return { charts: String(charts.length), upgrades: String(upgrades) };
    },
  },
];

/** @returns how often it was upgraded */
async function live(
  helm: Helm,
  cluster: HelmCluster,
  { chart, good }: ChartCases,
): Promise<number> {
  const release = new Release(helm, cluster, chart, await cluster.namespace('privileged'));
  for (const one of good) {
    try {
      if (one.isInstalledAnew) await release.uninstall();
      await release.become(one);
      if (one.isInstalledAnew) await release.uninstall();
    } catch (error) {
      throw new Error(`${chart}, ${one.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  await release.uninstall();
  return release.upgrades;
}

class Release {
  upgrades = 0;
  private isInstalled = false;
  private isProved = false;

  constructor(
    private readonly helm: Helm,
    private readonly cluster: HelmCluster,
    private readonly chart: string,
    private readonly namespace: string,
  ) {}

  /** @throws Error when these values cannot be, or when an upgrade to what it is already changes something */
  async become({ values = {} }: GoodCase): Promise<void> {
    const { helm, cluster, chart, namespace } = this;
    const rendering = { chart, values, namespace };
    const objects = helm.objects(rendering);
    await cluster.defineKindsOf(objects);
    for (const { metadata } of objects) {
      await cluster.ensureNamespace(metadata.namespace ?? namespace);
    }
    helm.upgrade(cluster.adminKubeconfig(), rendering);
    if (this.isInstalled) this.upgrades++;
    this.isInstalled = true;
    const [one, other] = [helm.text(rendering), helm.text(rendering)];
    must(one === other, 'it renders something else each time');
    // For one set of values: it takes long.
    if (this.isProved) return;
    this.isProved = true;
    const before = await this.versions();
    helm.upgrade(cluster.adminKubeconfig(), rendering);
    this.upgrades++;
    const after = await this.versions();
    const changed = [...after].filter(([object, version]) => before.get(object) !== version);
    const names = changed.map(([object]) => object).join(', ');
    must(names === '', `an upgrade to the same values changes ${names}`);
  }

  /** @throws Error when something is left */
  async uninstall(): Promise<void> {
    if (!this.isInstalled) return;
    const { cluster, namespace } = this;
    this.isInstalled = false;
    this.helm.uninstall(cluster.adminKubeconfig(), { namespace });
    const left = await leftovers(cluster.admin, { namespace, release: RELEASE });
    must(left.length === 0, `helm uninstall leaves ${left.join(', ')}`);
  }

  /** @returns the version of each object of the release */
  private async versions(): Promise<ReadonlyMap<string, unknown>> {
    const { cluster, namespace } = this;
    const objects = this.helm.manifest(cluster.adminKubeconfig(), { namespace });
    const read = objects.map(async (object) => {
      const { metadata } = await cluster.objects.read(object, namespace);
      return [nameOf(object), (metadata as { resourceVersion?: string }).resourceVersion] as const;
    });
    return new Map(await Promise.all(read));
  }
}
