import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario, type Figures, type Result } from '../support/run-scenario.js';
import { CHARTS } from './charts/all.js';
import type { ClusterSource } from './cluster/cluster-source.js';
import type { Helm } from './rig/helm.js';
import type { ClusterScenario, ClusterStage, Scenario, Stage } from './scenario.js';
import { CLUSTER } from './scenarios/cluster.js';
import { ENVOY } from './scenarios/envoy.js';
import { GATEWAY } from './scenarios/gateway.js';
import { ODD_VALUES } from './scenarios/odd-values.js';
import { PLAIN_MANIFESTS_APPLIED } from './scenarios/plain-manifests.js';
import { PRESETS } from './scenarios/presets.js';
import { RELEASES } from './scenarios/releases.js';
import { RENDER } from './scenarios/render.js';
import { ROUTER_WALK_THROUGH } from './scenarios/router-walk-through.js';
import { ROUTER_RUNS } from './scenarios/router.js';
import { SIDECAR_DROP_IN } from './scenarios/sidecar-drop-in.js';
import { SIDECAR_RUNS } from './scenarios/sidecar.js';

const SCENARIOS: readonly (Scenario | ClusterScenario)[] = [
  ...RENDER,
  ...ODD_VALUES,
  ...RELEASES,
  ...PRESETS,
  ...ENVOY,
  ...SIDECAR_RUNS,
  ...SIDECAR_DROP_IN,
  ...ROUTER_RUNS,
  ...ROUTER_WALK_THROUGH,
  ...GATEWAY,
  ...PLAIN_MANIFESTS_APPLIED,
  ...CLUSTER,
];

/** What a run is given. */
export interface SuiteOptions {
  readonly only: readonly string[];
  readonly folder: string;
  readonly clusters: ClusterSource;
}

/** Runs the scenarios one after the other, each with a folder of its own. */
export async function runSuite(
  helm: Helm,
  { only, folder, clusters }: SuiteOptions,
  say: (line: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [at, scenario] of SCENARIOS.entries()) {
    if (only.length > 0 && !only.some((text) => scenario.name.includes(text))) continue;
    if ('needs' in scenario && clusters.isAbsent) {
      say(clusters.skipped(scenario.name));
      continue;
    }
    const own = join(folder, String(at));
    mkdirSync(own);
    const result = await runScenario(scenario.name, (after) =>
      run(scenario, { helm, charts: CHARTS, folder: own, after, clusters, say }),
    );
    const { failure, seconds } = result;
    say(`${failure === undefined ? 'ok    ' : 'FAILED'} ${scenario.name} (${seconds} s)`);
    if (failure !== undefined) say(`       ${failure}\n       logs: ${own}`);
    results.push(result);
  }
  return results;
}

/** @returns what the scenario gives, on a cluster where it needs one */
async function run(
  scenario: Scenario | ClusterScenario,
  { clusters, say, ...stage }: Stage & Pick<ClusterStage, 'say'> & Pick<SuiteOptions, 'clusters'>,
): Promise<Figures | void> {
  return 'needs' in scenario
    ? scenario.run({ ...stage, cluster: await clusters.cluster(), say })
    : scenario.run(stage);
}
