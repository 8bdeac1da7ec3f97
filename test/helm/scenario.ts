import type { After, Figures } from '../support/run-scenario.js';
import type { ChartCases } from './chart-cases.js';
import type { HelmCluster } from './cluster/helm-cluster.js';
import type { Helm } from './rig/helm.js';

/** What scenarios work with. */
export interface Stage {
  readonly helm: Helm;
  /** All charts, with the values that they are tried with. */
  readonly charts: readonly ChartCases[];
  /** Of this scenario alone; kept where something failed. */
  readonly folder: string;
  /** Registers what is to be ended with the scenario; the last one is ended first. */
  readonly after: After;
}

/** Something that is done with charts, and what must come of it. */
export interface Scenario {
  readonly name: string;
  /** @throws Error when something else comes of it */
  readonly run: (stage: Stage) => Promise<Figures | void> | Figures | void;
}

/** What scenarios work with that ask a real API server. */
export interface ClusterStage extends Stage {
  /** One for all of them. */
  readonly cluster: HelmCluster;
  /** A line for the report. */
  readonly say: (line: string) => void;
}

/** Left out, and said to be, where there is no kube-apiserver. */
export interface ClusterScenario {
  readonly name: string;
  readonly needs: 'cluster';
  /** @throws Error when something else comes of it */
  readonly run: (stage: ClusterStage) => Promise<Figures | void>;
}

/** @throws Error when it is not so */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
