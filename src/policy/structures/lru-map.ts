import { RecencyList } from './recency-list.js';
import { WideMap } from './wide-map.js';

interface Entry<V> {
  readonly key: number;
  readonly value: V;
  usedAt: number;
  newer: Entry<V> | undefined;
  older: Entry<V> | undefined;
}

export interface LruMapOptions<V> {
  /** At least 1; above it those go that were used longest ago. */
  readonly maxEntries: number;
  /** Milliseconds without a use after which an entry is gone; Infinity keeps it. */
  readonly maxIdle: number;
  /** Told of each value that leaves, however it does. */
  readonly left?: (value: V) => void;
}

/** Values by number, such as a hash: bounded in count, forgotten when idle. Its memory holds no text. */
export class LruMap<V> {
  private readonly entries = new WideMap<Entry<V>>();
  private readonly recency = new RecencyList<Entry<V>>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly options: LruMapOptions<V>,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** A use: it is the newest afterwards. */
  get(key: number): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    if (this.isIdle(entry)) {
      this.drop(entry);
      return undefined;
    }
    entry.usedAt = this.now();
    this.recency.touch(entry);
    return entry.value;
  }

  /** Replaces what was there. */
  set(key: number, value: V): void {
    this.delete(key);
    const entry = { key, value, usedAt: this.now(), newer: undefined, older: undefined };
    this.entries.set(key, entry);
    this.recency.add(entry);
    if (this.entries.size > this.options.maxEntries) this.drop(this.recency.oldest!);
  }

  delete(key: number): void {
    const entry = this.entries.get(key);
    if (entry) this.drop(entry);
  }

  /** What has been idle for too long goes. */
  tidy(): void {
    for (let { oldest } = this.recency; oldest && this.isIdle(oldest); { oldest } = this.recency) {
      this.drop(oldest);
    }
  }

  private isIdle({ usedAt }: Entry<V>): boolean {
    return this.now() - usedAt > this.options.maxIdle;
  }

  private drop(entry: Entry<V>): void {
    this.entries.delete(entry.key);
    this.recency.remove(entry);
    this.options.left?.(entry.value);
  }
}
