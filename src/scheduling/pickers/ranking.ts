import type { Endpoints } from '../plugin.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** Puts endpoints in order by a number each, without an object an endpoint. */
export class Ranking {
  private order = new Uint32Array(0);
  /** Of the decision that is being taken. */
  private peer: ScheduledEndpoint | undefined;

  /** @param random from 0 up to, but not including, 1 */
  constructor(private readonly random: () => number) {}

  /**
   * @param ranks one an endpoint; higher is better
   * @param count how many are wanted
   * @param peer which has been given a part of the same request: that counts as in flight
   * @returns the best ones; of equal ones those with fewer requests in flight, and of these any
   */
  best(
    endpoints: Endpoints,
    ranks: Float64Array,
    count: number,
    peer?: ScheduledEndpoint,
  ): Endpoints {
    this.peer = peer;
    if (count === 1 || endpoints.length === 1) return [endpoints[this.first(endpoints, ranks)]!];
    const order = this.shuffled(endpoints.length);
    order.sort((a, b) => this.compare(endpoints, ranks, a, b));
    return Array.from(order.subarray(0, count), (index) => endpoints[index]!);
  }

  /** @returns so many of them, any */
  any(endpoints: Endpoints, count: number): Endpoints {
    if (count === 1) return [endpoints[Math.floor(this.random() * endpoints.length)]!];
    const order = this.shuffled(endpoints.length).subarray(0, count);
    return Array.from(order, (index) => endpoints[index]!);
  }

  private first(endpoints: Endpoints, ranks: Float64Array): number {
    let best = 0;
    let equal = 1;
    for (let i = 1; i < endpoints.length; i++) {
      const order = this.compare(endpoints, ranks, i, best);
      if (order > 0) continue;
      if (order < 0) equal = 1;
      // The k-th of equal ones takes the place of the others with a chance of 1/k: all are as likely.
      else if (this.random() * ++equal >= 1) continue;
      best = i;
    }
    return best;
  }

  private shuffled(length: number): Uint32Array {
    if (this.order.length < length) this.order = new Uint32Array(2 * length);
    const order = this.order.subarray(0, length);
    for (let i = 0; i < length; i++) {
      const other = Math.floor(this.random() * (i + 1));
      order[i] = order[other]!;
      order[other] = i;
    }
    return order;
  }

  /** @returns below 0 where the first is the better one */
  private compare(endpoints: Endpoints, ranks: Float64Array, a: number, b: number): number {
    const one = ranks[a]!;
    const other = ranks[b]!;
    if (one !== other) return one > other ? -1 : 1;
    return this.inFlightOf(endpoints[a]!) - this.inFlightOf(endpoints[b]!);
  }

  private inFlightOf(endpoint: ScheduledEndpoint): number {
    return endpoint === this.peer ? endpoint.inFlight + 1 : endpoint.inFlight;
  }
}
