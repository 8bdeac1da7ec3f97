import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import type { Logger } from '../logging/logger.js';
import type { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { clientAddress } from '../proxy/client-address.js';
import type { Exchange } from '../proxy/exchange.js';

/** Where a refusal is told. */
export interface RefusalSinks {
  readonly logger: Logger;
  readonly metrics: SidecarMetrics;
}

/**
 * Counts and logs that a request may not be prefilled at a target.
 *
 * @param reason for the log
 * @returns what its client is answered
 */
export function refuseTarget(
  { facts, request }: Exchange,
  { label: target }: Target,
  reason: string,
  { logger, metrics }: RefusalSinks,
): ProxyError {
  metrics.blocked();
  const client = clientAddress(request);
  const { requestId } = facts;
  logger.warn('ssrf: prefill target refused', { target, reason, client, requestId });
  return new ProxyError('target_not_allowed', `${target}: ${reason}`);
}
