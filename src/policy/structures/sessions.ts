import { LruMap, type LruMapOptions } from './lru-map.js';

export interface SessionsOptions<V> {
  /** Milliseconds without a request after which a session is over. */
  readonly maxIdle: number;
  /** Told of what was kept for a session that is over. */
  readonly ended: (value: V) => void;
}

/** Above it those sessions end that have been idle for longest. One takes about 200 bytes. */
const MAX_NAMED = 1 << 17;
const MAX_UNNAMED = 1 << 14;

/** What makes requests belong together. */
interface Key {
  readonly hash: number;
  readonly isSession: boolean;
}

/**
 * What is kept for each session. Requests that name none count as one session for each text; there are as many as there
 * are texts, so that they have a place of their own and push no named session out.
 */
export class Sessions<V> {
  private readonly named: LruMap<V>;
  private readonly unnamed: LruMap<V>;

  /** @param now milliseconds of a clock that never goes back */
  constructor(options: SessionsOptions<V>, now: () => number) {
    const bounded = (maxEntries: number): LruMapOptions<V> => ({
      maxEntries,
      get maxIdle() {
        return options.maxIdle;
      },
      left: options.ended,
    });
    this.named = new LruMap(bounded(MAX_NAMED), now);
    this.unnamed = new LruMap(bounded(MAX_UNNAMED), now);
  }

  get(key: Key): V | undefined {
    return this.of(key).get(key.hash);
  }

  /** Ends the session that was there. */
  set(key: Key, value: V): void {
    this.of(key).set(key.hash, value);
  }

  /** @param hash of a session's name */
  end(hash: number): void {
    this.named.delete(hash);
  }

  tidy(): void {
    this.named.tidy();
    this.unnamed.tidy();
  }

  private of({ isSession }: Key): LruMap<V> {
    return isSession ? this.named : this.unnamed;
  }
}
