import type { ScheduledEndpoint } from '../../scheduling/scheduled-endpoint.js';
import type { SchedulingResult } from '../../scheduling/scheduling-result.js';

interface Count {
  /** The reading that it counts from. */
  readAt: number;
  requests: number;
}

/** Counts what was sent to servers since they told of themselves last: their own numbers do not hold it yet. */
export class UnreadRequests {
  private readonly counts = new WeakMap<ScheduledEndpoint, Count>();

  /** A request goes to the endpoints of each profile. */
  decided({ profiles }: SchedulingResult): void {
    for (const [endpoint] of profiles.values()) if (endpoint) this.add(endpoint);
  }

  /** @returns how many of its requests it has not told of; those that have ended since are none */
  of(endpoint: ScheduledEndpoint): number {
    // Most have nothing new: the number is at hand, the map is not.
    if (endpoint.lastChosen < endpoint.state.readAt) return 0;
    const count = this.counts.get(endpoint);
    if (count?.readAt !== endpoint.state.readAt) return 0;
    return Math.min(count.requests, endpoint.inFlight);
  }

  private add(endpoint: ScheduledEndpoint): void {
    const { readAt } = endpoint.state;
    const count = this.counts.get(endpoint);
    if (!count) this.counts.set(endpoint, { readAt, requests: 1 });
    else if (count.readAt === readAt) count.requests++;
    else {
      count.readAt = readAt;
      count.requests = 1;
    }
  }
}
