import type { PoolEndpoints } from '../../../discovery/pool-endpoints.js';
import type { PoolSource } from '../../../kubernetes/inference-pool.js';
import type { KubernetesObjects } from './kubernetes-objects.js';
import type { ModelRewrites } from './model-rewrites.js';
import type { Objectives } from './objectives.js';
import type { PickerDiscovery } from './picker-discovery.js';

export interface KubernetesDiscoveryParts {
  /** What selects the pods; is stopped with the discovery. */
  readonly pool: PoolSource & { start(): void; stop(): void };
  readonly endpoints: PoolEndpoints;
  readonly objectives: Objectives;
  readonly rewrites: ModelRewrites;
  /** Undefined without an InferencePool: they refer to one by its name. */
  readonly objects: KubernetesObjects | undefined;
}

/** Endpoints in the pods of an InferencePool, or in those that labels select. */
export class KubernetesDiscovery implements PickerDiscovery {
  readonly objectives: Objectives;
  readonly rewrites: ModelRewrites;

  constructor(private readonly parts: KubernetesDiscoveryParts) {
    this.objectives = parts.objectives;
    this.rewrites = parts.rewrites;
  }

  get waitsFor(): string | undefined {
    const { pool, objects } = this.parts;
    if (!pool.isRead) return pool.lastError ?? 'the Kubernetes API has not answered yet';
    if (!objects || objects.isSettled) return undefined;
    return 'InferenceObjectives and InferenceModelRewrites are not listed yet';
  }

  start(): Promise<void> {
    const { endpoints, pool, objects } = this.parts;
    endpoints.start();
    pool.start();
    objects?.start();
    return Promise.resolve();
  }

  stop(): void {
    const { endpoints, pool, objects } = this.parts;
    objects?.stop();
    endpoints.stop();
    // Closes the connections to the cluster, which all share.
    pool.stop();
  }
}
