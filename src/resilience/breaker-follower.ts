import type { Breakers } from './breakers.js';
import type {
  AttemptOutcome,
  BreakerPolicy,
  BreakerSnapshot,
  BreakerState,
  EndAttempt,
} from './circuit-breaker.js';

/** How a follower reaches its leader. */
export interface BreakerLine {
  report(key: string, era: number, outcome: AttemptOutcome): void;
  /** @returns the era of the probe that may be made; undefined when none may */
  claim(key: string): Promise<number | undefined>;
  endProbe(key: string, era: number, outcome: AttemptOutcome): void;
}

/** A breaker as its leader last told of it. */
interface Mirror {
  readonly era: number;
  /** More than none: the leader wants to hear of successes too. */
  failures: number;
  readonly openedAt: number | undefined;
  probeAt: number | undefined;
}

const NEW: Mirror = { era: 0, failures: 0, openedAt: undefined, probeAt: undefined };
const IGNORE_OUTCOME: EndAttempt = () => undefined;
/** Milliseconds for which a probe is kept for an attempt that is made after a pause. */
const KEPT_FOR = 10_000;

/**
 * The breakers that another process keeps for several (`BreakerLeader`).
 *
 * Attempts at a breaker that is closed and has seen no failure cost no message: they start at once and their
 * success is told to nobody. Failures are told, and successes while there are failures to be forgotten. What the
 * leader decides holds here when it has arrived: attempts that start in the milliseconds between still go out,
 * and a success in them does not interrupt a row of failures. A probe is never made without the leader's leave.
 */
export class BreakerFollower implements Breakers {
  /** Of keys that anything is known of. */
  private readonly mirrors = new Map<string, Mirror>();
  /** Eras of probes that may be made here. */
  private readonly granted = new Map<string, number>();

  constructor(
    private readonly policy: BreakerPolicy,
    private readonly line: BreakerLine,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The leader tells of a change. */
  update(key: string, told: BreakerSnapshot | undefined): void {
    if (!told) {
      this.mirrors.delete(key);
      return;
    }
    const { era, failures, openForMs, probeForMs } = told;
    const at = (forMs: number | undefined): number | undefined =>
      forMs === undefined ? undefined : this.now() - forMs;
    this.mirrors.set(key, { era, failures, openedAt: at(openForMs), probeAt: at(probeForMs) });
  }

  admits(key: string): boolean {
    const mirror = this.mirrors.get(key);
    if (mirror?.openedAt === undefined) return true;
    return this.isHalfOpen(mirror) && (this.mayProbe(key, mirror) || !this.isProbing(mirror));
  }

  retryAfter(key: string): number {
    const { openedAt, probeAt } = this.mirrors.get(key) ?? NEW;
    const since = probeAt ?? openedAt;
    return since === undefined ? 0 : Math.max(this.policy.cooldown - (this.now() - since), 0);
  }

  begin(key: string): EndAttempt | undefined {
    if (this.policy.threshold === 0) return IGNORE_OUTCOME;
    const mirror = this.mirrors.get(key) ?? NEW;
    if (mirror.openedAt !== undefined) return this.beginProbe(key, mirror);
    return once((outcome) => this.end(key, mirror.era, outcome));
  }

  claim(key: string): Promise<() => void> | undefined {
    const mirror = this.mirrors.get(key);
    if (!mirror || !this.isHalfOpen(mirror) || this.isProbing(mirror)) return undefined;
    return this.line.claim(key).then(
      (era) => this.answered(key, era),
      () => () => undefined,
    );
  }

  /** The leader forgets, and tells. */
  forget(): void {}

  /** The leader is told whom attempts go to in another way. */
  note(): void {}

  /** Told by the leader, once for all. */
  count(): Record<BreakerState, number> {
    return { closed: 0, open: 0, half_open: 0 };
  }

  private answered(key: string, era: number | undefined): () => void {
    const mirror = this.mirrors.get(key);
    if (era === undefined) {
      // Somebody else makes it, or the breaker has changed, which was told before.
      if (mirror && this.isHalfOpen(mirror)) mirror.probeAt ??= this.now();
      return () => undefined;
    }
    this.granted.set(key, era);
    return () => {
      if (this.granted.get(key) !== era) return;
      this.granted.delete(key);
      this.line.endProbe(key, era, 'abandoned');
    };
  }

  private beginProbe(key: string, mirror: Mirror): EndAttempt | undefined {
    if (!this.mayProbe(key, mirror)) {
      this.claimForLater(key);
      return undefined;
    }
    this.granted.delete(key);
    return once((outcome) => this.line.endProbe(key, mirror.era, outcome));
  }

  /** Whoever may not begin tries again after a back-off: the probe is to be here then. */
  private claimForLater(key: string): void {
    void this.claim(key)?.then((giveBack) => setTimeout(giveBack, KEPT_FOR).unref());
  }

  private end(key: string, era: number, outcome: AttemptOutcome): void {
    if (outcome === 'abandoned') return;
    let mirror = this.mirrors.get(key);
    if (outcome === 'failure') {
      if (!mirror) this.mirrors.set(key, (mirror = { ...NEW }));
      if (mirror.era === era) mirror.failures++;
    } else if (!mirror || mirror.failures === 0 || mirror.era !== era) return;
    this.line.report(key, era, outcome);
  }

  private mayProbe(key: string, { era }: Mirror): boolean {
    return this.granted.get(key) === era;
  }

  private isHalfOpen({ openedAt }: Mirror): boolean {
    return openedAt !== undefined && this.now() - openedAt >= this.policy.cooldown;
  }

  private isProbing({ probeAt }: Mirror): boolean {
    return probeAt !== undefined && this.now() - probeAt < this.policy.cooldown;
  }
}

/** Only the first call counts. */
function once(end: EndAttempt): EndAttempt {
  let ended = false;
  return (outcome) => {
    if (ended) return;
    ended = true;
    end(outcome);
  };
}
