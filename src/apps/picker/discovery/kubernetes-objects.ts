import { OBJECTIVE_APIS, parseObjective } from '../../../kubernetes/inference-objective.js';
import {
  MODEL_REWRITE_APIS,
  parseModelRewrite,
} from '../../../kubernetes/inference-model-rewrite.js';
import { ObjectMirror, type Cluster } from '../../../kubernetes/object-mirror.js';
import type { ReferredPool } from '../../../kubernetes/pool-reference.js';
import type { WatchTimings } from '../../../kubernetes/watch-timings.js';
import type { Logger } from '../../../logging/logger.js';
import type { ModelRewrites } from './model-rewrites.js';
import type { Objectives } from './objectives.js';

export interface KubernetesObjectsOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly pool: ReferredPool;
  readonly logger: Logger;
  readonly objectives: Objectives;
  readonly rewrites: ModelRewrites;
  readonly timings?: Partial<WatchTimings>;
}

/** Follows the InferenceObjectives and InferenceModelRewrites of a pool. */
export class KubernetesObjects {
  private readonly mirrors: readonly Pick<ObjectMirror<unknown>, 'start' | 'stop' | 'isSettled'>[];

  constructor(options: KubernetesObjectsOptions) {
    const { pool, objectives, rewrites } = options;
    const common = { ...options, random: Math.random };
    this.mirrors = [
      ...OBJECTIVE_APIS.map(
        (api, at) =>
          new ObjectMirror({
            ...common,
            api,
            without:
              'requests that name one have priority 0, unless --objectives gives them another',
            read: (object) => parseObjective(object, pool),
            onItems: (items) => objectives.replace(at, items),
          }),
      ),
      ...MODEL_REWRITE_APIS.map(
        (api, at) =>
          new ObjectMirror({
            ...common,
            api,
            without: 'no model is rewritten by them',
            read: (object) => parseModelRewrite(object, pool),
            onItems: (items) => rewrites.replace(at, items),
          }),
      ),
    ];
  }

  /** All that there is to be known of them is known. */
  get isSettled(): boolean {
    return this.mirrors.every(({ isSettled }) => isSettled);
  }

  start(): void {
    for (const mirror of this.mirrors) mirror.start();
  }

  /** At once: nothing changes after it. */
  stop(): void {
    for (const mirror of this.mirrors) mirror.stop();
  }
}
