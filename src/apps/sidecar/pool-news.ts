import type { PoolSource } from '../../kubernetes/inference-pool.js';
import type { PoolNews } from './worker-mail.js';

/** Who is told of the pool. */
export interface PoolAudience {
  tell(name: 'pool', news: PoolNews): void;
  tell(name: 'poolAge', ageMs: number): void;
}

/** Proof that nothing changed is told so often; workers believe their pods to be older by as much. */
const TELL_AGE_EVERY_MS = 1_000;
/** Reading the clock twice gives two times. */
const SAME_MS = 10;
/** In a pool of 10,000 pods, news takes 5 ms a worker to write: while many come, it takes a tenth of the time at most. */
const PAUSE_AFTER = 9;

/** Tells workers what the pool selects, whenever that changes, and how old it is. @returns ends it */
export function tellPool(pool: PoolSource, audience: PoolAudience): () => void {
  const news = atMostATenth(() => {
    const { snapshot, ageMs = 0 } = pool;
    if (snapshot) audience.tell('pool', { snapshot, ageMs });
  });
  const unsubscribe = pool.subscribe(news.tell);
  let provedAt = -Infinity;
  const timer = setInterval(() => {
    const { ageMs } = pool;
    if (ageMs === undefined) return;
    const at = performance.now() - ageMs;
    if (at <= provedAt + SAME_MS) return;
    provedAt = at;
    audience.tell('poolAge', ageMs);
  }, TELL_AGE_EVERY_MS).unref();
  return () => {
    news.stop();
    clearInterval(timer);
    unsubscribe();
  };
}

/** Does it at once, and again after a pause as long as it takes where it is asked for meanwhile. */
function atMostATenth(doIt: () => void): { tell: () => void; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let asked = false;
  const tell = (): void => {
    if (timer) {
      asked = true;
      return;
    }
    const start = performance.now();
    doIt();
    const pause = (performance.now() - start) * PAUSE_AFTER;
    timer = setTimeout(() => {
      timer = undefined;
      if (!asked) return;
      asked = false;
      tell();
    }, pause).unref();
  };
  return { tell, stop: () => clearTimeout(timer) };
}
