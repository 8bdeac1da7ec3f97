import type { Endpoint } from './endpoint.js';
import type { Fleet } from './fleet.js';

export interface PoolOptions {
  /** Percent of the ready endpoints: with fewer of them usable, breakers are ignored; 0 = never. */
  readonly panicThreshold: number;
  /** Requests in flight at which an endpoint is full, where its label `max_load` does not say so. */
  readonly tierMaxLoad: number;
}

/** Those of one priority, and all of higher ones. */
interface Tier {
  /** In the order of their registration; the same array as long as they are the same ones. */
  readonly endpoints: readonly Endpoint[];
}

const NOBODY: readonly Endpoint[] = [];

/** The endpoints of a fleet that can stand in for each other, and which of them may get a request. */
export class Pool {
  /** Breakers are ignored: so few are usable that all are tried rather than none. */
  isPanicking = false;
  private version = -1;
  private usable: readonly Endpoint[] = NOBODY;
  /** By falling priority; empty where all have the same. */
  private tiers: readonly Tier[] = [];

  /** @param isMember of the endpoint's role and models */
  constructor(
    private readonly fleet: Fleet,
    private readonly isMember: (endpoint: Endpoint) => boolean,
    private readonly options: PoolOptions,
  ) {}

  /** All that belong to it, whatever their state. */
  get members(): Endpoint[] {
    return this.fleet.all.filter(this.isMember);
  }

  /** @returns those that may get a request now: of the highest priority, and of lower ones where that is saturated */
  candidates(): readonly Endpoint[] {
    this.refresh();
    if (this.tiers.length === 0) return this.usable;
    const open = this.tiers.find(({ endpoints }) => endpoints.some((one) => !this.isFull(one)));
    return (open ?? this.tiers.at(-1)!).endpoints;
  }

  /** @returns those that could get a request now, whatever their priority */
  ofEveryPriority(): readonly Endpoint[] {
    this.refresh();
    return this.usable;
  }

  private isFull({ inFlight, spec }: Endpoint): boolean {
    const most = Number(spec.labels['max_load'] ?? NaN);
    return inFlight >= (most >= 0 ? most : this.options.tierMaxLoad);
  }

  private refresh(): void {
    const { fleet } = this;
    if (fleet.version === this.version && !fleet.hasTrouble) return;
    const isNew = fleet.version !== this.version;
    this.version = fleet.version;
    const usable = this.whoIsUsable();
    if (!isNew && isSame(usable, this.usable)) return;
    if (!isSame(usable, this.usable)) this.usable = usable;
    this.tiers = tiersOf(this.usable, this.tiers);
  }

  private whoIsUsable(): readonly Endpoint[] {
    const ready = this.fleet.all.filter((one) => one.isReady && this.isMember(one));
    const usable = ready.filter(({ isUsable }) => isUsable);
    this.isPanicking = usable.length * 100 < ready.length * this.options.panicThreshold;
    return this.isPanicking ? ready : usable;
  }
}

function tiersOf(endpoints: readonly Endpoint[], before: readonly Tier[]): readonly Tier[] {
  const priorities = [...new Set(endpoints.map(({ spec }) => spec.priority))];
  if (priorities.length < 2) return [];
  priorities.sort((a, b) => b - a);
  return priorities.map((least, at) => {
    const members = endpoints.filter(({ spec }) => spec.priority >= least);
    const known = before[at];
    return known && isSame(known.endpoints, members) ? known : { endpoints: members };
  });
}

function isSame(one: readonly Endpoint[], other: readonly Endpoint[]): boolean {
  return one.length === other.length && one.every((endpoint, at) => endpoint === other[at]);
}
