import type { InferenceRequest } from '../inference-request.js';
import type { Decider } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER, matchRatio, prefixMatch } from '../prefix-match.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** Disaggregates requests of which the decoder lacks so many characters; with 0 all of them. */
export class ThresholdDecider implements Decider {
  constructor(private readonly threshold: number) {}

  disaggregates(request: InferenceRequest, endpoint: ScheduledEndpoint | undefined): boolean {
    const match = prefixMatch(request, APPROXIMATE_PREFIX_PRODUCER);
    const cached = match && endpoint ? matchRatio(match, endpoint) : 0;
    return request.text.length * (1 - cached) >= this.threshold;
  }
}
