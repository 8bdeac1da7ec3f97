import type { AccessEntry } from '../logging/access-entry.js';
import type { Exchange } from './exchange.js';

const CLIENT_GONE = 499;

/** @returns the status that the client got; 499 where it left before there was one */
export function statusOf({ response }: Exchange): number {
  return response.headersSent ? response.statusCode : CLIENT_GONE;
}

/**
 * What the access line tells of a request that has ended.
 *
 * @param known what the exchange does not know: milliseconds that it took, the client's address, which a closed
 *   connection has forgotten, and what only a router has
 */
export function accessEntryOf(
  exchange: Exchange,
  known: {
    readonly durationMs: number;
    readonly client: string;
    readonly rank?: number | undefined;
    readonly model?: string | undefined;
    readonly policy?: string | undefined;
  },
): AccessEntry {
  const { request, facts, timings } = exchange;
  return {
    method: request.method!,
    path: facts.path,
    status: statusOf(exchange),
    requestId: facts.requestId,
    durationMs: known.durationMs,
    ttftMs: timings.firstByte,
    encodeMs: timings.encode,
    prefillMs: timings.prefill,
    decodeMs: timings.decode,
    prefiller: exchange.prefiller?.label,
    connector: exchange.connector,
    kvSource: exchange.kvSource?.label,
    rank: known.rank,
    worker: exchange.worker,
    model: known.model,
    policy: known.policy,
    retries: exchange.retries > 0 ? exchange.retries : undefined,
    requestBytes: exchange.requestBytes > 0 ? exchange.requestBytes : undefined,
    responseBytes: exchange.responseBytes,
    client: known.client,
    outcome: exchange.outcome === 'ok' ? undefined : exchange.outcome,
    error: exchange.errorCode,
  };
}
