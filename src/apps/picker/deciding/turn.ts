import type { ProxiedRequest, Refusal } from '../../../ext-proc/decider.js';
import type { Waiting } from '../../../flow-control/admission.js';
import { refusal } from './refusals.js';

const GONE = refusal(503, 'The client has left.', 'rejected-context-cancelled');

/** @param ms that a decision might have taken */
export function late(ms: number): Refusal {
  return refusal(503, `No endpoint was found within ${ms} ms.`, 'rejected-deadline');
}

/**
 * Waits until it is the turn of a request in its queue.
 *
 * @param ms at most; undefined: as long as the queue lets it
 * @returns undefined when it may go on; else why not
 */
export function turnOf(
  waiting: Waiting,
  proxied: ProxiedRequest,
  ms: number | undefined,
): Promise<Refusal | undefined> {
  return new Promise((resolve) => {
    const settle = (refused?: Refusal): void => {
      clearTimeout(timer);
      resolve(refused);
    };
    const give = (why: Refusal): void => {
      waiting.cancel();
      settle(why);
    };
    const timer = ms === undefined ? undefined : setTimeout(() => give(late(ms)), ms);
    proxied.whenGone(() => give(GONE));
    waiting.whenSettled((refused) =>
      settle(refused && refusal(refused.status, refused.message, refused.reason)),
    );
  });
}

/** @returns whether it was done within so many milliseconds */
export async function inTime(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  const outcome = await Promise.race([done, deadline]);
  clearTimeout(timer);
  return outcome !== 'late';
}
