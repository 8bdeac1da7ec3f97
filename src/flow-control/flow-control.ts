import {
  ADMITTED,
  type Admission,
  type AdmissionState,
  type Admittance,
  type FlowRequest,
  type Refusal,
} from './admission.js';
import type { Band } from './band.js';
import { Bands, type BandPlans } from './bands.js';
import type { FlowObserver } from './flow-observer.js';
import type { FlowOutcome } from '../metrics/flow-control.metrics.js';
import type { PoolSaturation } from './pool-saturation.js';
import { QueuedRequest, type Canceller } from './queued-request.js';
import type { Reclaimer } from './reclaimer.js';
import {
  EXPIRED,
  EXPIRED_WITHOUT_ENDPOINTS,
  NO_ENDPOINTS,
  QUEUE_FULL,
  SHUTTING_DOWN,
} from './refusals.js';
import { UnderWay } from './under-way.js';
import type { UsageLimitPolicy } from './usage-limit-policy.js';

/** Milliseconds between looks at the queues while somebody waits and nothing happens: time alone changes things too. */
const LOOK_EVERY = 10;
/** Milliseconds between looks at the queues for news of servers: there may be thousands a second. */
const LOOK_FOR_NEWS_EVERY = 1;

/** How requests wait. */
export interface FlowPlan {
  /** Over all bands; Infinity: no such limit. */
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Milliseconds that a request may wait while there is no endpoint; undefined: as long as at other times. */
  readonly noEndpointTtl: number | undefined;
  readonly bands: BandPlans;
  readonly usageLimit: UsageLimitPolicy;
}

export interface FlowTools {
  now(): number;
  /** @returns what calls it off */
  later(callback: () => void, milliseconds: number): () => void;
  readonly observer?: FlowObserver | undefined;
  /** Cuts requests for others; undefined: nobody is cut. */
  readonly reclaimer?: Reclaimer | undefined;
}

/**
 * Lets requests on as fast as the pool has room, the highest priority first.
 *
 * Only the highest priority that waits is looked at: where it may not go on, nobody may (llm-d's head-of-line rule). Inside
 * it the fairness policy says which flow is next, and the ordering policy which request of it. Synchronous; who waits is
 * told in a turn of its own.
 */
export class FlowControl implements Admission, Canceller {
  private readonly bands: Bands;
  private readonly underWay = new UnderWay();
  private queued = 0;
  private bytes = 0;
  private sequence = 0;
  private wasEmpty: boolean;
  /** When the pool lost its last endpoint, or got its first: times of waiting begin anew. */
  private regimeSince = -Infinity;
  private cycledAt = -Infinity;
  private isCycleDue = false;
  private isShuttingDown = false;
  private stopTicking: (() => void) | undefined;

  constructor(
    private readonly plan: FlowPlan,
    private readonly pool: PoolSaturation,
    private readonly tools: FlowTools,
  ) {
    this.bands = new Bands(plan.bands, tools.now());
    this.wasEmpty = pool.isEmpty;
  }

  admit(request: FlowRequest): Admittance {
    const now = this.tools.now();
    this.noticeRegime(now);
    const band = this.bands.use(request.priority, now);
    if (!this.fits(request, band)) return this.refuseFull(request);
    if (this.queued === 0 && this.isOpen(this.bands.all.indexOf(band))) {
      this.letOn(request, band, 0);
      return ADMITTED;
    }
    if (this.isShuttingDown) {
      this.tools.observer?.settled(request, 'RejectedShuttingDown', 0);
      return SHUTTING_DOWN;
    }
    const queued = this.enqueue(request, band, now);
    this.cycle(now);
    return queued.takeAdmission() ? ADMITTED : queued;
  }

  decided(request: FlowRequest): void {
    if (!this.underWay.decided(request)) return;
    this.tools.reclaimer?.decided(request);
    this.roomChanged();
  }

  ended(request: FlowRequest, inputTokens?: number, outputTokens?: number): void {
    if (!this.underWay.ended(request)) return;
    this.tools.reclaimer?.ended(request);
    this.bands.planOf(request.priority).fairness.finished?.(request, inputTokens, outputTokens);
    this.roomChanged();
  }

  stateChanged(): void {
    this.pool.changed();
    if (this.queued === 0 || this.tools.now() - this.cycledAt < LOOK_FOR_NEWS_EVERY) return;
    this.cycleSoon();
  }

  endpointsChanged(): void {
    this.pool.endpointsChanged();
    this.noticeRegime(this.tools.now());
    if (this.queued > 0) this.cycleSoon();
  }

  cancelled(queued: QueuedRequest, admitted: boolean): void {
    if (admitted) return this.ended(queued.request);
    this.remove(queued);
    this.report(queued, 'EvictedContextCancelled');
    this.cycleSoon();
  }

  shutdown(): void {
    this.isShuttingDown = true;
    for (const band of this.bands.all) {
      for (let first = band.ages.first; first; first = band.ages.first) {
        this.refuse(first, SHUTTING_DOWN, 'RejectedShuttingDown');
      }
    }
  }

  close(): void {
    this.shutdown();
    this.stopTicking?.();
    this.stopTicking = undefined;
  }

  get state(): AdmissionState {
    const { maxRequests, maxBytes } = this.plan;
    const { pending, size } = this.underWay;
    return {
      ...{ queued: this.queued, queuedBytes: this.bytes, maxRequests, maxBytes },
      ...{ pending: pending.requests, underWay: size },
      saturation: this.pool.state(pending),
      staleEndpoints: this.pool.stale,
      bands: this.bands.all.map(({ state }) => state),
    };
  }

  private fits({ bytes }: FlowRequest, { queued, bytes: bandBytes, plan }: Band): boolean {
    const { maxRequests, maxBytes } = this.plan;
    return (
      queued < plan.maxRequests &&
      bandBytes + bytes <= plan.maxBytes &&
      this.queued < maxRequests &&
      this.bytes + bytes <= maxBytes
    );
  }

  private refuseFull(request: FlowRequest): Refusal {
    const { isEmpty } = this.pool;
    this.tools.observer?.settled(request, isEmpty ? 'RejectedNoEndpoints' : 'RejectedCapacity', 0);
    return isEmpty ? NO_ENDPOINTS : QUEUE_FULL;
  }

  private enqueue(request: FlowRequest, band: Band, now: number): QueuedRequest {
    const { ordering, ttl } = band.plan;
    const rank = ordering.rank(request, now, ttl);
    const place = { rank, sequence: this.sequence++, enqueuedAt: now };
    const queued = new QueuedRequest(request, place, this);
    band.add(queued);
    this.queued++;
    this.bytes += request.bytes;
    this.stopTicking ??= this.tools.later(this.tick, LOOK_EVERY);
    const { observer, now: clock } = this.tools;
    observer?.enqueued?.(request, clock() - now);
    return queued;
  }

  /** Lets on as many as may. */
  private cycle(now: number): void {
    this.cycledAt = now;
    while (this.queued > 0) {
      const at = this.bands.firstWaiting();
      if (!this.isOpen(at)) {
        this.reclaim();
        break;
      }
      const band = this.bands.all[at]!;
      const { next } = band;
      this.forget(next);
      band.serve(next);
      this.letOn(next.request, band, now - next.enqueuedAt);
      next.settle();
    }
    const { observer, now: clock } = this.tools;
    observer?.cycled?.(clock() - now);
  }

  /** @param at index of a band @returns whether a request of it may go on */
  private isOpen(at: number): boolean {
    if (this.pool.isEmpty) return false;
    const { priorities, ceilings } = this.bands;
    const saturation = this.pool.read(this.underWay.pending);
    this.plan.usageLimit.limit(saturation, priorities, ceilings);
    return saturation < ceilings[at]!;
  }

  private letOn(request: FlowRequest, band: Band, waited: number): void {
    this.underWay.admitted(request);
    band.plan.fairness.dispatched?.(request);
    this.tools.observer?.settled(request, 'Dispatched', waited);
  }

  private reclaim(): void {
    const { reclaimer } = this.tools;
    if (!reclaimer || this.pool.isEmpty) return;
    reclaimer.blocked(this.pool.read(this.underWay.pending), this.bands, this.underWay.size);
  }

  private readonly tick = (): void => {
    this.stopTicking = undefined;
    const now = this.tools.now();
    this.noticeRegime(now);
    this.cycle(now);
    this.expire(now);
    if (this.queued > 0) this.stopTicking = this.tools.later(this.tick, LOOK_EVERY);
  };

  private expire(now: number): void {
    for (const band of this.bands.all) {
      const { ttl } = band.plan;
      const patience = this.wasEmpty ? (this.plan.noEndpointTtl ?? ttl) : ttl;
      for (let first = band.ages.first; first; first = band.ages.first) {
        if (now - Math.max(first.enqueuedAt, this.regimeSince) < patience) break;
        if (this.wasEmpty) this.refuse(first, EXPIRED_WITHOUT_ENDPOINTS, 'EvictedNoEndpoints');
        else this.refuse(first, EXPIRED, 'EvictedTTL');
      }
    }
  }

  private noticeRegime(now: number): void {
    const { isEmpty } = this.pool;
    if (isEmpty === this.wasEmpty) return;
    this.wasEmpty = isEmpty;
    this.regimeSince = now;
  }

  /** More or fewer may go on than a moment ago. */
  private roomChanged(): void {
    this.pool.changed();
    if (this.queued > 0) this.cycleSoon();
  }

  /** In a turn of its own: what is told here is often told in the middle of something. */
  private cycleSoon(): void {
    if (this.isCycleDue) return;
    this.isCycleDue = true;
    queueMicrotask(() => {
      this.isCycleDue = false;
      if (this.queued > 0) this.cycle(this.tools.now());
    });
  }

  private refuse(queued: QueuedRequest, refusal: Refusal, outcome: FlowOutcome): void {
    this.remove(queued);
    this.report(queued, outcome);
    queued.settle(refusal);
  }

  private report({ request, enqueuedAt }: QueuedRequest, outcome: FlowOutcome): void {
    const { observer, now } = this.tools;
    observer?.settled(request, outcome, now() - enqueuedAt);
  }

  private remove(queued: QueuedRequest): void {
    this.forget(queued);
    this.bands.of(queued.request.priority).remove(queued);
  }

  private forget({ request }: QueuedRequest): void {
    this.queued--;
    this.bytes -= request.bytes;
  }
}
