import type { ChartCases, GoodCase } from '../chart-cases.js';
import { barePods, besideModelServers, levelOf } from '../cluster/bare-pods.js';
import type { HelmCluster, PodSecurity } from '../cluster/helm-cluster.js';
import { nameOf } from '../cluster/object-client.js';
import type { Helm, KubernetesObject } from '../rig/helm.js';
import { must, type ClusterScenario } from '../scenario.js';

/** What a real API server says of all that charts render. */
export const SERVER_DRY_RUN: readonly ClusterScenario[] = [
  {
    name: 'a real API server takes every object and every pod without a warning',
    needs: 'cluster',
    run: async ({ helm, charts, cluster }) => {
      const homes = {
        restricted: await cluster.namespace('restricted'),
        baseline: await cluster.namespace('baseline'),
        privileged: await cluster.namespace('privileged'),
      };
      let tried = 0;
      for (const { chart, good } of charts) {
        for (const one of good) tried += await tryCase(cluster, homes, { helm, chart, one });
      }
      return { objects: String(tried), ...definitionsOf(cluster) };
    },
  },
];

interface Trial {
  readonly helm: Helm;
  readonly chart: ChartCases['chart'];
  readonly one: GoodCase;
}

/** @returns how many objects were tried */
async function tryCase(
  cluster: HelmCluster,
  homes: Readonly<Record<PodSecurity, string>>,
  { helm, chart, one: { name, values = {} } }: Trial,
): Promise<number> {
  try {
    const level = levelOf(helm.objects({ chart, values }));
    const objects = helm.objects({ chart, values, namespace: homes[level] });
    await cluster.defineKindsOf(objects);
    const pods = barePods(objects);
    await tryAll(cluster, [...objects, ...pods], homes[level]);
    const restricted = besideModelServers(objects);
    await tryAll(cluster, restricted, homes.restricted);
    return objects.length + pods.length + restricted.length;
  } catch (error) {
    throw new Error(`${chart}, ${name}: ${(error as Error).message}`, { cause: error });
  }
}

async function tryAll(
  cluster: HelmCluster,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  for (const object of objects) {
    const home = object.metadata.namespace ?? namespace;
    await cluster.ensureNamespace(home);
    const warnings = await cluster.objects.apply(object, { namespace: home, dryRun: true });
    must(warnings.length === 0, `${nameOf(object)}: ${warnings.join('; ')}`);
  }
}

function definitionsOf({ defined }: HelmCluster): Readonly<Record<string, string>> {
  const real = defined.filter(({ source }) => source !== undefined);
  const standIns = defined.filter(({ source }) => source === undefined);
  return {
    'real definitions': real.map(({ name, source }) => `${name} (${source})`).join(', ') || 'none',
    'stand-ins by hand': standIns.map(({ name }) => name).join(', ') || 'none',
  };
}
