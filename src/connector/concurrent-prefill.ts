import { ProxyError } from '../errors/proxy.error.js';
import type { Exchange, Leg } from '../proxy/exchange.js';
import { isSuccess } from '../proxy/is-success.js';
import { ExchangeEndedError } from '../proxy/exchange-ended.error.js';
import type { ConcurrentPlan, LegPair } from './connector.js';
import type { PrefillService } from './prefill.service.js';
import type { PrefillLeg } from './prefill-sender.js';

/**
 * Gets a prefill going beside which the decode runs: sets `exchange.decode` and `exchange.beside` when an attempt's
 * request is on its way. Until then the next attempt may be made as for any other plan, each as a pair of its own; from
 * then on there is but this pair, since a decode is sent once.
 *
 * @throws what PrefillService throws, when no attempt got so far
 */
export function startBeside(
  prefills: PrefillService,
  exchange: Exchange,
  plan: ConcurrentPlan,
  head: PrefillLeg['head'],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const letGo = exchange.body!.hold();
  const started = performance.now();
  let legs: LegPair;
  let isSent = false;
  let giveUp: (() => void) | undefined;
  const keep = (made: LegPair): Leg => (legs = made).prefill;
  const failure = prefills
    .run({
      exchange,
      candidates: exchange.route!.candidates,
      head,
      leg: (target) => {
        const made = plan.pair(target);
        return made instanceof Promise ? made.then(keep) : keep(made);
      },
      readsAnswer: false,
      isSent: () => isSent,
      onSent: (abort) => {
        giveUp = abort;
        if (isSent) return;
        isSent = true;
        exchange.decode = legs.decode;
        resolve();
      },
    })
    .then(
      ({ answer }) => (isSuccess(answer.head) ? plan.inVain?.(answer) : answer),
      (error: unknown) => {
        if (!isSent) reject(error);
        return error instanceof ExchangeEndedError ? undefined : ProxyError.from(error);
      },
    )
    .finally(() => {
      letGo();
      exchange.timings.prefill = performance.now() - started;
    });
  exchange.beside = { failure, holds: plan.holdsAnswer, abort: () => giveUp?.() };
  return promise;
}
