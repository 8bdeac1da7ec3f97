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
 * Ends a router in good order. The port stays open: readiness is 503 at once, and so is, after `--shutdown-accept-secs`,
 * every new request, while those in flight go on; then it is closed.
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
  const { shutdownGracePeriodSecs: grace, shutdownAcceptSecs: accept } = options.config;
  const began = performance.now();
  const left = (): number => Math.max(grace - (performance.now() - began), 0);
  drain.begin();
  if (accept > 0) await acceptOnce(data, Math.min(accept, grace));
  drain.refuse();
  await pause(Math.min(NOTICE_MS, left()));
  const isDone = await inFlight.idle(left());
  if (!isDone) logger.warn('--shutdown-grace-period-secs is over: what is still open is cut');
  await data.drain(isDone ? NOTICE_MS : 0);
  logger.info('drained', { ms: Math.round(performance.now() - began), cut: !isDone });
  return isDone;
}

/** Serves on for so many milliseconds, each connection one request: who comes again comes to another router. */
async function acceptOnce(data: Listener, milliseconds: number): Promise<void> {
  data.endConnections();
  await pause(milliseconds);
  data.closeIdle();
}

/** Short, and not worth keeping the process for. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
