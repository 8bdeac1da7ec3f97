import { PoolMirror } from '../../kubernetes/pool-mirror.js';
import { ChannelClosedError } from '../../workers/mailbox.js';
import type { Primary, WholePool } from './worker-mail.js';

/**
 * A worker's pool, which becomes what the primary says.
 *
 * Changes come as differences. Should one be missing, nothing more is applied, and nothing proves what is known to be
 * current, until the whole has been asked for.
 *
 * @param first what the primary knew when this worker began; undefined: nothing
 */
export function followPool(primary: Primary, first: WholePool | undefined): PoolMirror {
  const mirror = new PoolMirror();
  if (first) mirror.replace(first.snapshot, first.ageMs);
  /** The last change that the primary spoke of. */
  let latest = mirror.number;
  let isAsking = false;
  const catchUp = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    while (mirror.number < latest) {
      const whole = await primary.ask('pool', null);
      if (!whole) break;
      mirror.replace(whole.snapshot, whole.ageMs);
    }
    isAsking = false;
  };
  const missed = (number: number): void => {
    latest = number;
    catchUp().catch(ignoreClosed);
  };
  primary.onTold('pool', ({ change, ageMs }) => {
    if (!mirror.apply(change, ageMs)) missed(change.number);
  });
  primary.onTold('poolAge', ({ number, ageMs }) => {
    if (number === mirror.number) mirror.prove(ageMs);
    else missed(number);
  });
  return mirror;
}

/** The primary ended: so does this process. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof ChannelClosedError)) throw error;
}
