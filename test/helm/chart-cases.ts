import type { KubernetesObject, Values } from './rig/helm.js';

/** Values that a chart takes, and what must be in what it renders. */
export interface GoodCase {
  readonly name: string;
  readonly values?: Values;
  /** Kubernetes lets no upgrade come to these values, or go on from them; values.yaml says so. */
  readonly isInstalledAnew?: boolean;
  /** @throws Error when something is not as these values ask */
  readonly expect?: (objects: readonly KubernetesObject[]) => void;
}

/** Values that a chart refuses. */
export interface RefusedCase {
  readonly name: string;
  readonly values: Values;
  /** Must all stand in what helm says: the value, and the mend. */
  readonly says: readonly string[];
}

/** The values that a chart is tried with. */
export interface ChartCases {
  readonly chart: string;
  readonly good: readonly GoodCase[];
  readonly refused: readonly RefusedCase[];
}
