import type { Listener } from '../../listener/listener.js';
import type { InFlight } from './front/in-flight.js';
import type { RouterParts } from './router.module.js';

/** How long clients at least hear that this router goes away, before its port is closed. */
const NOTICE_MS = 1000;

interface Draining extends RouterParts {
  readonly data: Listener;
  readonly inFlight: InFlight;
}

/**
 * Ends a router in good order. The port stays open: readiness is 503 at once and so is every new request, while those in
 * flight go on; then it is closed.
 *
 * @returns whether they all ended within `--shutdown-grace-period-secs`
 */
export async function drainRouter({
  drain,
  options,
  data,
  inFlight,
  logger,
}: Draining): Promise<boolean> {
  const grace = options.config.shutdownGracePeriodSecs;
  const began = performance.now();
  drain.begin();
  await pause(Math.min(NOTICE_MS, grace));
  const isDone = await inFlight.idle(Math.max(grace - (performance.now() - began), 0));
  if (!isDone) logger.warn('--shutdown-grace-period-secs is over: what is still open is cut');
  await data.drain(isDone ? NOTICE_MS : 0);
  logger.info('drained', { ms: Math.round(performance.now() - began), cut: !isDone });
  return isDone;
}

/** Short, and not worth keeping the process for. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
