import type { Refusal } from './admission.js';

function refusal(
  status: Refusal['status'],
  reason: Refusal['reason'],
  message: string,
): Readonly<Refusal> {
  return Object.freeze({ kind: 'refused', status, reason, message });
}

/** Nothing is made when requests are refused: that is when there are many. */
export const SHED = refusal(
  429,
  'rejected-saturated',
  'The model servers are saturated, and requests of a priority below 0 are shed: send it again later.',
);

export const QUEUE_FULL = refusal(
  429,
  'rejected-saturated',
  'As many requests wait as flowControl allows (maxRequests, maxBytes): send it again later.',
);

export const NO_ENDPOINTS = refusal(
  503,
  'rejected-no-endpoints',
  'There is no model server, and as many requests wait for one as flowControl allows.',
);

export const EXPIRED = refusal(
  429,
  'rejected-ttl-expired',
  'The request waited longer for its turn than flowControl allows (defaultRequestTTL).',
);

export const EXPIRED_WITHOUT_ENDPOINTS = refusal(
  503,
  'rejected-no-endpoints',
  'The request waited longer for a model server than flowControl allows (noEndpointRequestTTL).',
);

export const SHUTTING_DOWN = refusal(
  503,
  'rejected-shutting-down',
  'This picker is shutting down, and the request would have to wait: send it again.',
);

/** For whoever cancels a request that waits, and has somebody to tell. */
export const CANCELLED = refusal(
  503,
  'rejected-context-cancelled',
  'The client has gone before it was the turn of its request.',
);

/** For a request under way that is cut. */
export const EVICTED = refusal(429, 'evicted', 'request evicted by flow control');
