import { Reflector } from './api/reflector.js';
import type { ApiError } from './api/api-error.js';
import type { Cluster } from './api/cluster-connection.js';
import type { PoolPod } from './inference-pool.js';
import { podCollection } from './objects/collections.js';
import { parsePod } from './objects/pod.js';
import type { PodSelector } from './objects/pod-selector.js';
import type { WatchTimings } from './watch-timings.js';

/** Which pods to mirror. */
export interface PodsMirrorOptions {
  readonly cluster: Cluster;
  readonly timings: WatchTimings;
  readonly random: () => number;
  readonly namespace: string;
  readonly selector: PodSelector;
  /** {@link PoolPod.details} are wanted. */
  readonly isDetailed?: boolean;
  /** Called with every change of {@link PodsMirror.pods}; `names`: of pods that may differ, undefined: all may. */
  readonly onPods: (mirror: PodsMirror, names: ReadonlySet<string> | undefined) => void;
  readonly onState: () => void;
}

/** The pods of one selector, kept current; another selector is another mirror. */
export class PodsMirror {
  /** By name, as they are at any time; undefined until they were listed and are watched. */
  pods: ReadonlyMap<string, PoolPod> | undefined;
  /** Of the pool that the mirror was made for. */
  targetPorts: readonly number[] = [];
  readonly selector: string;
  private readonly reflector: Reflector<PoolPod>;

  constructor({ namespace, selector, isDetailed, onPods, onState, ...rest }: PodsMirrorOptions) {
    this.selector = selector.text;
    this.reflector = new Reflector<PoolPod>({
      ...rest,
      collection: podCollection(namespace, selector.text),
      read: (object) => {
        const pod = parsePod(object, selector, namespace, isDetailed);
        return pod && [pod.name, pod];
      },
      onItems: (items, names) => {
        this.pods = items;
        onPods(this, names);
      },
      onState,
    });
  }

  get error(): ApiError | undefined {
    return this.reflector.error;
  }

  get provedAt(): number | undefined {
    return this.reflector.provedAt;
  }

  start(): void {
    this.reflector.start();
  }

  /** At once: no callback comes after it. */
  stop(): void {
    this.reflector.stop();
  }
}
