import type { Cluster } from './cluster-connection.js';
import type { WatchTimings } from '../watch-timings.js';
import { ApiError, asApiError } from './api-error.js';
import { backoff } from './backoff.js';
import { CollectionClient, type Collection, type WatchEnd, type WatchEvent } from './collection.js';
import { pause } from './pause.js';

/** What to keep of the objects, and whom to tell. */
export interface ReflectorOptions<T> {
  readonly cluster: Cluster;
  readonly collection: Collection;
  readonly timings: WatchTimings;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Items are given when they are listed, whether a watch can be opened or not. */
  readonly eager?: boolean;
  /** @returns the key of an object by its metadata; left out: its name, which is one of a kind in a namespace */
  readonly keyOf?: (metadata: { readonly name?: unknown; readonly namespace?: unknown }) => string;
  /** @returns the object's key and what is kept of it; undefined when it does not count */
  readonly read: (object: unknown) => readonly [key: string, item: T] | undefined;
  /**
   * Gets all items: first when list and watch both work, or with the first list where it is eager, then after each change. `keys`: of those that may be
   * different from the call before; undefined: all may.
   */
  readonly onItems: (items: ReadonlyMap<string, T>, keys?: ReadonlySet<string>) => void;
  /** The state of {@link Reflector.error} changed. */
  readonly onState: () => void;
}

/** After so many failures in a row nothing that is known is relied on: all is listed again. */
const FAILURES_BEFORE_LIST = 5;

/** One 404 may be a server that starts; the second one comes a back-off later. */
const LISTS_UNTIL_UNSERVED = 2;

/** A relist that fails while the watch is fine is tried again after this part of the usual time. */
const POSTPONED = 0.1;

/** These say that the revision or the permission is gone, or that the revision is of another history. */
const LIST_AFTER = new Set([403, 404, 410, 504]);

/**
 * Mirrors a collection: lists it, watches from there, and begins again as little as possible and as often as needed.
 *
 * What is known stays until a list or an event says otherwise: an API server that is away changes nothing. A list
 * replaces all at once.
 */
export class Reflector<T> {
  /** Why it is not in contact; undefined while it is, or before the first attempt has failed. */
  error: ApiError | undefined;
  private readonly stopper = new AbortController();
  private readonly client: CollectionClient;
  private items = new Map<string, T>();
  /** Where the watch goes on from; undefined when all has to be listed. */
  private version: string | undefined;
  private listAt = 0;
  private failures = 0;
  /** Lists in a row that were answered 404. */
  private unservedLists = 0;
  private isSynced = false;
  private lastProof: number | undefined;

  constructor(private readonly options: ReflectorOptions<T>) {
    this.client = new CollectionClient(options.cluster, options.collection, options.timings);
  }

  /**
   * When the server last proved that the items are current: `performance.now()` of a list, an event or a bookmark.
   * Undefined before anybody was given items.
   */
  get provedAt(): number | undefined {
    return this.isSynced ? this.lastProof : undefined;
  }

  /** The server says, and has confirmed, that there is no such collection. */
  get isUnserved(): boolean {
    return this.unservedLists >= LISTS_UNTIL_UNSERVED;
  }

  start(): void {
    void this.run();
  }

  /** At once and for good: no callback comes after it. */
  stop(): void {
    this.stopper.abort();
  }

  private get isStopped(): boolean {
    return this.stopper.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const delay = await this.round().catch((error: unknown) => this.failed(error));
      if (delay > 0) await pause(delay, this.stopper.signal);
    }
  }

  /** @returns milliseconds to wait before the next one */
  private async round(): Promise<number> {
    if (this.version === undefined) await this.list();
    else if (performance.now() >= this.listAt) await this.relist();
    if (this.version === undefined) return 0;
    const opened = performance.now();
    const end = await this.watch(this.version);
    return this.watchEnded(end, performance.now() - opened);
  }

  private async list(): Promise<void> {
    const listed = await this.client.list(this.stopper.signal);
    if (this.isStopped) return;
    const items = new Map<string, T>();
    for (const object of listed.items) {
      const entry = this.options.read(object);
      if (entry) items.set(...entry);
    }
    this.items = items;
    this.version = listed.version;
    this.listAt = performance.now() + this.spread(this.options.timings.relistMs);
    this.lastProof = performance.now();
    this.unservedLists = 0;
    this.isSynced ||= this.options.eager === true;
    if (this.isSynced) this.options.onItems(this.items);
  }

  /** The watch may still work where a list does not: an overloaded server refuses lists first. */
  private async relist(): Promise<void> {
    try {
      await this.list();
    } catch (error) {
      if (error instanceof ApiError && LIST_AFTER.has(error.status ?? 0)) throw error;
      this.listAt = performance.now() + this.options.timings.relistMs * POSTPONED;
    }
  }

  private async watch(version: string): Promise<WatchEnd> {
    const { timings } = this.options;
    const serverMs = this.spread(timings.watchMs);
    const untilList = Math.max(0, this.listAt - performance.now());
    const limits = {
      serverMs,
      clientMs: Math.min(untilList, 1.5 * serverMs),
      idleMs: this.spread(timings.idleMs),
      // A proxy may keep the head until the first event; lists tell how the server is.
      ...(this.options.eager && { openMs: timings.idleMs }),
    };
    let healthy: NodeJS.Timeout | undefined;
    try {
      return await this.client.watch(version, limits, {
        signal: this.stopper.signal,
        onOpen: () => {
          if (this.isStopped) return;
          healthy = setTimeout(() => this.recovered(), timings.healthyMs);
          if (this.isSynced) return;
          this.isSynced = true;
          this.options.onItems(this.items);
        },
        onEvents: (events) => this.apply(events),
      });
    } finally {
      clearTimeout(healthy);
    }
  }

  private watchEnded(end: WatchEnd, lastedMs: number): number | Promise<number> {
    const { name } = this.options.cluster;
    // Nothing at all came. A quiet collection has no bookmarks, a blind watch neither: a list tells which it is.
    if (end === 'idle') this.version = undefined;
    if (end === 'due') return 0;
    if (lastedMs >= this.options.timings.healthyMs) {
      this.failures = 0;
      return 0;
    }
    // Once is ordinary: a server restarts, a proxy gives up. More often is a failure like others.
    if (this.failures > 0)
      return this.failed(new ApiError(`${name} ends watches at once (${end})`));
    this.failures = 1;
    return 0;
  }

  private apply(events: readonly WatchEvent[]): void {
    if (this.isStopped) return;
    const changed = new Set<string>();
    try {
      for (const { type, object } of events) {
        if (type === 'ERROR') throw errorOf(object);
        const key = this.applyOne(type, object);
        if (key !== undefined) changed.add(key);
      }
      if (events.length > 0) this.lastProof = performance.now();
    } finally {
      // Whatever went wrong after it: what has changed would not be told again.
      if (changed.size > 0) this.options.onItems(this.items, changed);
    }
  }

  /** @returns the key of the item that changed */
  private applyOne(type: string, object: unknown): string | undefined {
    const metadata = metadataOf(object);
    const { resourceVersion } = metadata;
    if (typeof resourceVersion === 'string') this.version = resourceVersion;
    if (type !== 'DELETED' && type !== 'ADDED' && type !== 'MODIFIED') return undefined;
    const entry = type === 'DELETED' ? undefined : this.options.read(object);
    if (entry) {
      this.items.set(...entry);
      return entry[0];
    }
    const key = this.options.keyOf?.(metadata) ?? String(metadata.name);
    return this.items.delete(key) ? key : undefined;
  }

  private recovered(): void {
    this.failures = 0;
    if (this.error === undefined || this.isStopped) return;
    this.error = undefined;
    this.options.onState();
  }

  private async failed(failure: unknown): Promise<number> {
    if (this.isStopped) return 0;
    const { cluster } = this.options;
    const error = asApiError(cluster.name, failure);
    this.failures++;
    if (error.status !== 404) this.unservedLists = 0;
    // Without a version it was a list that failed.
    else if (this.version === undefined) this.unservedLists++;
    if (LIST_AFTER.has(error.status ?? 0) || this.failures % FAILURES_BEFORE_LIST === 0) {
      this.version = undefined;
    }
    if (error.status === 401) await cluster.forgetCredentials();
    const isOrdinary = error.status === 410 || error.status === 401;
    if (isOrdinary && this.failures === 1) return 0;
    this.error = error;
    if (!this.isStopped) this.options.onState();
    return this.delay(error.retryAfterMs);
  }

  private delay(leastMs: number): number {
    const { timings, random } = this.options;
    const wait = backoff(this.failures, timings, random);
    return Math.max(wait, Math.min(leastMs, 3 * timings.backoffMaxMs));
  }

  private spread(milliseconds: number): number {
    return milliseconds * (0.9 + 0.2 * this.options.random());
  }
}

function metadataOf(object: unknown): {
  name?: unknown;
  namespace?: unknown;
  resourceVersion?: unknown;
} {
  const { metadata } = (object ?? {}) as { metadata?: object | null };
  return metadata ?? {};
}

/** @param status the Status of an ERROR event */
function errorOf(status: unknown): ApiError {
  const { code, message } = (status ?? {}) as { code?: unknown; message?: unknown };
  const text = `the watch ended with ${String(code)}: ${String(message).slice(0, 200)}`;
  return new ApiError(text, typeof code === 'number' ? { status: code } : {});
}
