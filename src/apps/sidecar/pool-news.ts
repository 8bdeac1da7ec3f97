import type { PoolSource } from '../../kubernetes/inference-pool.js';
import { differenceOf } from '../../kubernetes/pool-mirror.js';
import type { PoolAge, PoolNews, WholePool } from './worker-mail.js';

/** Who is told of the pool. */
export interface PoolAudience {
  tell(name: 'pool', news: PoolNews): void;
  tell(name: 'poolAge', age: PoolAge): void;
}

/** Proof that nothing changed is told so often; workers believe their pods to be older by as much. */
const TELL_AGE_EVERY_MS = 1_000;
/** Reading the clock twice gives two times. */
const SAME_MS = 10;

/** Tells workers each change of what the pool selects, and how old that is. @returns ends it */
export function tellPool(pool: PoolSource, audience: PoolAudience): () => void {
  let number = pool.snapshot?.number ?? 0;
  const unsubscribe = pool.subscribe((change) => {
    ({ number } = change);
    audience.tell('pool', { change: differenceOf(change), ageMs: pool.ageMs ?? 0 });
  });
  let provedAt = -Infinity;
  const timer = setInterval(() => {
    const { ageMs } = pool;
    if (ageMs === undefined) return;
    const at = performance.now() - ageMs;
    if (at <= provedAt + SAME_MS) return;
    provedAt = at;
    audience.tell('poolAge', { number, ageMs });
  }, TELL_AGE_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}

/** @returns all that is known of the pool; undefined until it was read */
export function wholePool(pool: PoolSource | undefined): WholePool | undefined {
  const snapshot = pool?.snapshot;
  return snapshot && { snapshot, ageMs: pool?.ageMs ?? 0 };
}
