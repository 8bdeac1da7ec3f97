import type { FlowRequest } from './admission.js';
import type { Bands } from './bands.js';
import type { FlowObserver } from './flow-observer.js';
import { LinkedList, type Linked } from './linked-list.js';

/** Requests that are cut at a time: more are only cut after it was seen what that brought. */
const MOST_AT_A_TIME = 2;
/** Milliseconds after which one that was cut is not waited for any more. */
const PATIENCE = 10_000;

/** What the reclaimer needs. */
export interface ReclaimerTools {
  now(): number;
  /** Cuts a request that is under way; it is told to have ended when it has. */
  evict(request: FlowRequest): void;
  /** Milliseconds from the end of a request until the saturation shows it. */
  readonly lag: number;
  readonly observer?: FlowObserver | undefined;
}

interface Lease extends Linked<Lease> {
  readonly request: FlowRequest;
}

/**
 * Cuts requests of a priority below 0 that are under way, while requests of higher priorities wait for a full pool.
 *
 * The lowest priority first, of those the newest: least is lost by it. It never acts twice on what it saw once: only after
 * all that were cut have ended, and the saturation has had the time to show it, more are cut.
 */
export class Reclaimer {
  private readonly leases = new Map<FlowRequest, Lease>();
  /** By priority, the oldest first. */
  private readonly byPriority = new Map<number, LinkedList<Lease>>();
  /** Requests that were cut, and when. */
  private readonly cut = new Map<FlowRequest, number>();
  private endedAt = -Infinity;

  constructor(private readonly tools: ReclaimerTools) {}

  /** A request is at a server now. */
  decided(request: FlowRequest): void {
    if (request.priority >= 0) return;
    const lease: Lease = { request, previous: undefined, next: undefined };
    let list = this.byPriority.get(request.priority);
    if (!list) this.byPriority.set(request.priority, (list = new LinkedList()));
    list.append(lease);
    this.leases.set(request, lease);
  }

  ended(request: FlowRequest): void {
    this.forget(request);
    const cutAt = this.cut.get(request);
    if (cutAt === undefined) return;
    this.cut.delete(request);
    this.endedAt = this.tools.now();
    this.tools.observer?.evictionEnded?.(this.endedAt - cutAt, false);
  }

  /**
   * The queues stand still: saturation is at or above the ceiling of whoever is first.
   *
   * @param underWay how many requests the saturation is made of
   */
  blocked(saturation: number, bands: Bands, underWay: number): void {
    const lowest = this.lowestPriority();
    if (lowest === undefined || !this.hasSettled()) return;
    const demand = this.demandAbove(lowest, saturation, bands);
    if (demand < 0) return;
    const deficit = saturation - bands.ceilings[demand]!;
    const ofEach = saturation / underWay;
    const wanted = Math.max(1, Math.ceil(deficit / ofEach));
    this.evict(Math.min(wanted, MOST_AT_A_TIME), bands.priorities[demand]!);
  }

  /** @returns index of the highest band that waits, is worth more than what would be cut, and may ever go on; -1: none */
  private demandAbove(lowest: number, saturation: number, { all, ceilings }: Bands): number {
    return all.findIndex(({ priority, queued }, at) => {
      const ceiling = ceilings[at]!;
      return queued > 0 && priority > lowest && ceiling > 0 && saturation >= ceiling;
    });
  }

  private evict(count: number, below: number): void {
    for (let left = count; left > 0; left--) {
      const lowest = this.lowestPriority();
      if (lowest === undefined || lowest >= below) return;
      const { request } = this.byPriority.get(lowest)!.last!;
      this.forget(request);
      this.cut.set(request, this.tools.now());
      this.tools.observer?.evicted?.(request);
      this.tools.evict(request);
    }
  }

  /** All that were cut have ended, and the saturation knows it. */
  private hasSettled(): boolean {
    const now = this.tools.now();
    for (const [request, cutAt] of this.cut) {
      if (now - cutAt < PATIENCE) return false;
      this.cut.delete(request);
      this.endedAt = now;
      this.tools.observer?.evictionEnded?.(now - cutAt, true);
    }
    return now - this.endedAt >= this.tools.lag;
  }

  private forget(request: FlowRequest): void {
    const lease = this.leases.get(request);
    if (!lease) return;
    this.leases.delete(request);
    const list = this.byPriority.get(request.priority)!;
    list.remove(lease);
    if (!list.first) this.byPriority.delete(request.priority);
  }

  private lowestPriority(): number | undefined {
    let lowest: number | undefined;
    for (const priority of this.byPriority.keys()) {
      if (lowest === undefined || priority < lowest) lowest = priority;
    }
    return lowest;
  }
}
