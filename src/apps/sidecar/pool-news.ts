import type { InferencePoolWatcher } from '../../kubernetes/inference-pool.watcher.js';
import type { Fleet } from './fleet.js';

/** Proof that nothing changed is told so often; workers believe their pods to be older by as much. */
const TELL_AGE_EVERY_MS = 1_000;
/** Reading the clock twice gives two times. */
const SAME_MS = 10;

/** Tells workers what the pool selects, whenever that changes, and how old it is. @returns ends it */
export function tellPool(pool: InferencePoolWatcher, fleet: Fleet): () => void {
  let toldAt = 0;
  const unsubscribe = pool.subscribe((snapshot) => {
    fleet.tell('pool', { snapshot, ageMs: pool.ageMs ?? 0 });
  });
  const timer = setInterval(() => {
    const { ageMs } = pool;
    if (ageMs === undefined) return;
    const provedAt = performance.now() - ageMs;
    if (provedAt <= toldAt + SAME_MS) return;
    toldAt = provedAt;
    fleet.tell('poolAge', ageMs);
  }, TELL_AGE_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}
