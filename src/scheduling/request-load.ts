import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** The producer that says for how many tokens a request counts. */
export const LOAD_PRODUCER = 'inflight-load-producer';

/** For how many tokens a request counts while it is in flight. Left in `request.attributes` under {@link LOAD_PRODUCER}. */
export interface RequestLoad {
  /** @returns tokens of the prompt that this endpoint has to compute; they are done when its answer begins */
  promptTokens(endpoint: ScheduledEndpoint): number;
  /** Tokens of the answer, as far as they are estimated; they are done when it ends. */
  outputTokens(): number;
}

/** @returns undefined where nobody counts */
export function requestLoad(request: InferenceRequest): RequestLoad | undefined {
  return request.attributes.get(LOAD_PRODUCER) as RequestLoad | undefined;
}
