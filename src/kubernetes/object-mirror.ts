import type { Logger } from '../logging/logger.js';
import type { Cluster } from './api/cluster-connection.js';
import { Reflector } from './api/reflector.js';
import { customCollection, type CustomApi } from './objects/collections.js';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.js';

export type { Cluster, CustomApi };

export interface ObjectMirrorOptions<T> {
  readonly cluster: Cluster;
  readonly api: CustomApi;
  readonly namespace: string;
  /** What becomes of requests where they may not be read, in words. */
  readonly without: string;
  readonly logger: Logger;
  readonly timings?: Partial<WatchTimings>;
  /** From 0 to 1. */
  readonly random: () => number;
  /** @returns undefined for an object that does not count */
  readonly read: (object: unknown) => { readonly name: string; readonly item: T } | undefined;
  /** Gets all that there are, by name: when they were listed, after each change, and when their kind is taken away. */
  readonly onItems: (items: ReadonlyMap<string, T>) => void;
}

/**
 * The objects of a custom kind in a namespace, kept current.
 *
 * A cluster need not have the kind: that is no failure, and it is looked for again now and then. What is known stays
 * while the API server is away or refuses to tell.
 */
export class ObjectMirror<T> {
  private readonly reflector: Reflector<T>;
  private isListed = false;
  private wasAnswered = false;
  private toldDenial: string | undefined;

  constructor(private readonly options: ObjectMirrorOptions<T>) {
    const { cluster, api, namespace, timings, random, read, onItems } = options;
    this.reflector = new Reflector<T>({
      ...{ cluster, random },
      timings: { ...WATCH_TIMINGS, ...timings },
      collection: customCollection(api, namespace),
      read: (object) => {
        const found = read(object);
        return found && [found.name, found.item];
      },
      onItems: (items) => {
        this.isListed = true;
        this.wasAnswered = true;
        onItems(items);
      },
      onState: () => this.stateChanged(),
    });
  }

  /** There is nothing to wait for: they were listed once, or their kind was absent, or was not to be read. */
  get isSettled(): boolean {
    return this.wasAnswered;
  }

  start(): void {
    this.reflector.start();
  }

  /** At once and for good: no callback comes after it. */
  stop(): void {
    this.reflector.stop();
  }

  private stateChanged(): void {
    const { error, isUnserved } = this.reflector;
    if (error?.status === 403 || error?.status === 404) this.wasAnswered = true;
    if (isUnserved && this.isListed) {
      this.isListed = false;
      this.options.onItems(new Map());
    }
    if (error?.status === 403) this.tellDenial(error.message);
    else if (!error) this.toldDenial = undefined;
  }

  private tellDenial(error: string): void {
    if (error === this.toldDenial) return;
    this.toldDenial = error;
    const { api, without, logger } = this.options;
    logger.warn(`${api.resource} of ${api.group} are not known: ${without}`, { error });
  }
}
