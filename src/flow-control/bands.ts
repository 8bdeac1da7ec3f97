import { Band, type BandPlan } from './band.js';

/** Milliseconds after which a band goes that nobody configured and nobody uses. */
const IDLE_FOR = 600_000;
/** Milliseconds between looks for such bands. */
const LOOK_EVERY = 60_000;

export interface BandPlans {
  readonly byPriority: ReadonlyMap<number, BandPlan>;
  /** For priorities that are not configured. */
  readonly others: BandPlan;
  /** For those of them that are below 0. */
  readonly negative: BandPlan;
}

/** The bands that there are, the highest priority first. */
export class Bands {
  readonly all: Band[] = [];
  readonly priorities: number[] = [];
  /** One a band, for whoever needs a number for each. */
  ceilings = new Float64Array(0);
  private readonly byPriority = new Map<number, Band>();
  private lookedAt: number;

  constructor(
    private readonly plans: BandPlans,
    now: number,
  ) {
    this.lookedAt = now;
    for (const [priority, plan] of plans.byPriority) {
      this.insert(new Band(priority, plan, true, now));
    }
  }

  /** @returns the band of the priority, which is made where there is none */
  use(priority: number, now: number): Band {
    if (now - this.lookedAt >= LOOK_EVERY) this.collect(now);
    const known = this.byPriority.get(priority);
    if (known) {
      known.usedAt = now;
      return known;
    }
    const band = new Band(priority, this.planOf(priority), false, now);
    this.insert(band);
    return band;
  }

  /** @param priority of somebody who waits */
  of(priority: number): Band {
    return this.byPriority.get(priority)!;
  }

  /** @returns index of the highest one in which somebody waits; -1: nobody does */
  firstWaiting(): number {
    const { all } = this;
    for (let at = 0; at < all.length; at++) if (all[at]!.queued > 0) return at;
    return -1;
  }

  planOf(priority: number): BandPlan {
    const template = priority < 0 ? this.plans.negative : this.plans.others;
    return this.plans.byPriority.get(priority) ?? template;
  }

  private insert(band: Band): void {
    const at = this.priorities.findIndex((priority) => priority < band.priority);
    const index = at < 0 ? this.all.length : at;
    this.all.splice(index, 0, band);
    this.priorities.splice(index, 0, band.priority);
    this.byPriority.set(band.priority, band);
    this.ceilings = new Float64Array(this.all.length);
  }

  private collect(now: number): void {
    this.lookedAt = now;
    for (let at = this.all.length - 1; at >= 0; at--) {
      const band = this.all[at]!;
      if (band.isLasting || band.queued > 0 || now - band.usedAt < IDLE_FOR) continue;
      this.all.splice(at, 1);
      this.priorities.splice(at, 1);
      this.byPriority.delete(band.priority);
    }
    this.ceilings = new Float64Array(this.all.length);
  }
}
