import type {
  AttemptOutcome,
  BreakerPolicy,
  BreakerSnapshot,
  BreakerState,
  EndAttempt,
} from './circuit-breaker.js';
import { CircuitBreakers } from './circuit-breakers.js';

/** What followers are told of one breaker; undefined: it is as new. */
export type BreakerNews = (key: string, breaker: BreakerSnapshot | undefined) => void;

/** A probe that a follower was granted. */
interface Probe {
  readonly follower: number;
  readonly era: number;
  readonly end: EndAttempt;
}

/**
 * The breakers that several processes have in common: one process decides, the others follow (`BreakerFollower`).
 * It hears of failures, of successes that matter, and of each probe; it tells every change.
 */
export class BreakerLeader extends CircuitBreakers {
  private readonly probes = new Map<string, Probe>();

  constructor(
    policy: BreakerPolicy,
    changed: (key: string, state: BreakerState) => void,
    private readonly tell: BreakerNews,
    now?: () => number,
  ) {
    super(policy, changed, now);
  }

  /**
   * How an attempt ended that was no probe.
   *
   * @param era of the breaker when the attempt began, as its follower knew it
   */
  report(key: string, era: number, outcome: AttemptOutcome): void {
    const breaker = this.of(key);
    if (breaker.state !== 'closed' || breaker.snapshot.era !== era) return;
    breaker.begin()?.(outcome);
    this.tellOf(key);
  }

  /**
   * A follower has a request that would be the probe.
   *
   * @returns the era of the probe that it may make; undefined when it may make none
   */
  grant(key: string, follower: number): number | undefined {
    const breaker = this.of(key);
    const end = breaker.state === 'half_open' ? breaker.begin() : undefined;
    if (!end) return undefined;
    const { era } = breaker.snapshot;
    // One before it that lasts too long has no say any more.
    this.probes.set(key, { follower, era, end });
    this.tellOf(key);
    return era;
  }

  /** @param outcome `abandoned` also where the probe was never made */
  endProbe(key: string, era: number, outcome: AttemptOutcome): void {
    const probe = this.probes.get(key);
    if (probe?.era !== era) return;
    this.probes.delete(key);
    probe.end(outcome);
    this.tellOf(key);
  }

  /** A follower has ended: nobody will tell how its probes went. */
  followerEnded(follower: number): void {
    for (const [key, probe] of this.probes) {
      if (probe.follower === follower) this.endProbe(key, probe.era, 'abandoned');
    }
  }

  override forget(key: string): void {
    super.forget(key);
    this.probes.delete(key);
    this.tell(key, undefined);
  }

  /** What a new follower must know. */
  get snapshots(): [key: string, breaker: BreakerSnapshot][] {
    return [...this.breakers]
      .map(([key, { snapshot }]): [string, BreakerSnapshot] => [key, snapshot])
      .filter(([, { era, failures }]) => era > 0 || failures > 0);
  }

  private tellOf(key: string): void {
    this.tell(key, this.breakers.get(key)?.snapshot);
  }
}
