import type { Endpoints } from '../plugin.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/**
 * Spreads scores between the largest value, which gets 0, and the smallest, which gets 1. Where all are the same, all get
 * 1; what is no finite number gets 0 and spreads nothing.
 */
export function scoreLowestFirst(
  endpoints: Endpoints,
  scores: Float64Array,
  valueOf: (endpoint: ScheduledEndpoint) => number,
): void {
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < endpoints.length; i++) {
    const value = valueOf(endpoints[i]!);
    scores[i] = value;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const width = most - least;
  for (let i = 0; i < endpoints.length; i++) {
    const value = scores[i]!;
    if (!Number.isFinite(value)) scores[i] = 0;
    else scores[i] = width > 0 ? (most - value) / width : 1;
  }
}
