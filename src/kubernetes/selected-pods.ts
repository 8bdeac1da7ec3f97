import type { ApiError } from './api/api-error.js';
import type { Cluster } from './api/cluster-connection.js';
import { Reflector } from './api/reflector.js';
import { podCollection } from './objects/collections.js';
import {
  parseSelectedPod,
  podKey,
  type PodSelection,
  type SelectedPod,
} from './objects/selected-pod.js';
import { labelFlaw, selectorText, type Selector } from './objects/selector.js';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.js';

export type { Cluster, PodSelection, SelectedPod, Selector };

/** Which pods to follow. */
export interface SelectedPodsOptions extends PodSelection {
  readonly cluster: Cluster;
  readonly timings: WatchTimings;
  /** From 0 to 1; spreads what many routers do. */
  readonly random: () => number;
  /** All pods that there are: when they were listed, and after each change. */
  readonly onPods: (pods: Iterable<SelectedPod>) => void;
  /** {@link SelectedPods.error} is another one than before. */
  readonly onState: () => void;
}

/** The pods that labels select, kept current; what is known stays while the API server is away. */
export class SelectedPods {
  private readonly reflector: Reflector<SelectedPod>;

  constructor({ namespace, selector, port, onPods, ...rest }: SelectedPodsOptions) {
    const asked = { namespace, selector, port };
    this.reflector = new Reflector<SelectedPod>({
      ...rest,
      collection: podCollection(namespace, selectorText(selector)),
      eager: true,
      keyOf: ({ name, namespace: home = namespace ?? '' }) => podKey({ name, namespace: home }),
      read: (object) => {
        const pod = parseSelectedPod(object, asked);
        return pod && [podKey(pod), pod];
      },
      onItems: (items) => onPods(items.values()),
    });
  }

  /** Why the API server cannot be asked; undefined while all is well. */
  get error(): ApiError | undefined {
    return this.reflector.error;
  }

  /** When the server last proved that what is known is current: `performance.now()`; undefined before it was read. */
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

/**
 * Reads labels as command lines have them.
 *
 * @param words `key=value` each
 * @returns the labels, or a sentence that says what is wrong
 */
export function selectorOf(words: readonly string[]): Selector | string {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) return `${JSON.stringify(word)} is no label: give KEY=VALUE`;
    const key = word.slice(0, at);
    const value = word.slice(at + 1).replace(/^=/, '');
    if (key in labels && labels[key] !== value) return `${key} is there twice: no pod has both`;
    const flaw = labelFlaw(key, value);
    if (flaw !== undefined) return flaw;
    labels[key] = value;
  }
  return labels;
}

const SHORTEST_MS = 1000;

/** @param resyncMs how often all is listed again; what goes wrong is tried again sooner, in growing pauses up to that */
export function resyncTimings(resyncMs: number): WatchTimings {
  const { backoffMaxMs, healthyMs } = WATCH_TIMINGS;
  return {
    ...WATCH_TIMINGS,
    relistMs: resyncMs,
    // A watch ends when the next list is due: it cannot be asked to last longer.
    healthyMs: Math.min(healthyMs, resyncMs / 2),
    backoffMaxMs: Math.min(backoffMaxMs, Math.max(SHORTEST_MS, resyncMs)),
  };
}
