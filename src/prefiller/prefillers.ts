import type { Target } from '../endpoint/target.js';
import type { Breakers } from '../resilience/breakers.js';
import type { AttemptOutcome, BreakerPolicy, BreakerState } from '../resilience/circuit-breaker.js';
import { NoSharing, type PrefillerSharing } from './prefiller-sharing.js';

/** Clients name prefillers: what is kept for them is bounded. */
const MAX_KNOWN = 1024;
/** Milliseconds, or ten cool-downs where that is longer. */
const KEPT_FOR = 600_000;
/** Milliseconds in which further prefills at the same prefiller are not noted: nothing that is decided by it is as fine. */
const NOTED_AGAIN_AFTER = 1_000;
/** Other processes are told again after so many milliseconds that a prefiller is still asked. */
const TOLD_AGAIN_AFTER = 60_000;

/** What happens to prefillers that others want to know of. */
export interface PrefillersListener {
  breakerChanged(prefiller: string, state: BreakerState): void;
  healthChanged(prefiller: string, healthy: boolean): void;
}

interface Asked {
  readonly target: Target;
  readonly at: number;
  readonly toldAt: number;
}

/**
 * How the prefillers are that requests were sent to: in flight, circuit breaker, health. A prefiller is known by
 * the label of its target.
 */
export class Prefillers {
  private readonly breakers: Breakers;
  private readonly keptFor: number;
  /** By label, the one asked last at the end. */
  private readonly asked = new Map<string, Asked>();
  private readonly inFlight = new Map<string, number>();
  private readonly unhealthy = new Set<string>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    breaker: BreakerPolicy,
    private readonly listener?: PrefillersListener,
    private readonly now: () => number = () => performance.now(),
    private readonly sharing: PrefillerSharing = new NoSharing(),
  ) {
    this.keptFor = Math.max(KEPT_FOR, 10 * breaker.cooldown);
    this.breakers = sharing.breakers(breaker, (label, state) =>
      this.listener?.breakerChanged(label, state),
    );
  }

  /** Whether {@link begin} would let a prefill start. */
  admits({ label }: Target): boolean {
    return this.breakers.admits(label);
  }

  /** Milliseconds until the breaker lets a prefill through. */
  retryAfter({ label }: Target): number {
    return this.breakers.retryAfter(label);
  }

  /**
   * Before {@link begin}, of candidates in their order: where one that comes before all that are sure to be asked
   * waits for its probe, sees to it that the probe is this process's to make.
   *
   * @returns undefined when nothing has to be asked for, as in a program of one process; else gives the probe back
   *   if no prefill began
   */
  claimProbe(candidates: readonly Target[]): Promise<() => void> | undefined {
    for (const { label } of candidates) {
      const claiming = this.breakers.claim(label);
      if (claiming) return claiming;
      if (this.breakers.admits(label)) return undefined;
    }
    return undefined;
  }

  /**
   * Starts a prefill.
   *
   * @returns to be called at its end, always; undefined when the breaker lets none start
   */
  begin(target: Target): ((outcome: AttemptOutcome) => void) | undefined {
    const { label } = target;
    const end = this.breakers.begin(label);
    if (!end) return undefined;
    this.remember(target);
    this.inFlight.set(label, this.load(target) + 1);
    let ended = false;
    return (outcome) => {
      end(outcome);
      if (ended) return;
      ended = true;
      const left = this.load(target) - 1;
      if (left > 0) this.inFlight.set(label, left);
      else this.inFlight.delete(label);
    };
  }

  /** Prefills that are running there for requests of this sidecar. */
  load({ label }: Target): number {
    return this.inFlight.get(label) ?? 0;
  }

  isHealthy({ label }: Target): boolean {
    return !this.unhealthy.has(label);
  }

  /** Keeps what is known of the health of these alone. */
  keepHealthOf(targets: readonly Target[]): void {
    if (this.unhealthy.size === 0) return;
    const labels = new Set(targets.map(({ label }) => label));
    for (const label of this.unhealthy) if (!labels.has(label)) this.wellAgain(label);
  }

  /** Labels of all that are unhealthy. */
  get unhealthyLabels(): readonly string[] {
    return [...this.unhealthy];
  }

  /** Another process probes, and tells what it found. */
  replaceUnhealthy(labels: readonly string[]): void {
    this.unhealthy.clear();
    for (const label of labels) this.unhealthy.add(label);
  }

  setHealthy({ label }: Target, healthy: boolean): void {
    if (healthy === !this.unhealthy.has(label)) return;
    if (healthy) this.wellAgain(label);
    else {
      this.unhealthy.add(label);
      this.sharing.unhealthy(this.unhealthyLabels);
    }
    this.listener?.healthChanged(label, healthy);
  }

  private wellAgain(label: string): void {
    if (this.unhealthy.delete(label)) this.sharing.unhealthy(this.unhealthyLabels);
  }

  /** The same targets in the same order, but those that are unhealthy last. */
  healthyFirst(targets: readonly Target[]): readonly Target[] {
    if (this.unhealthy.size === 0) return targets;
    return [
      ...targets.filter((one) => this.isHealthy(one)),
      ...targets.filter((one) => !this.isHealthy(one)),
    ];
  }

  /** Least in flight first, healthy before unhealthy; equals in random order, so that sidecars differ. */
  leastLoadedFirst(targets: readonly Target[], random: () => number = Math.random): Target[] {
    return targets
      .map((target) => ({ target, tie: random() }))
      .sort(
        (a, b) =>
          Number(this.isHealthy(b.target)) - Number(this.isHealthy(a.target)) ||
          this.load(a.target) - this.load(b.target) ||
          a.tie - b.tie,
      )
      .map(({ target }) => target);
  }

  /**
   * The least loaded of those that are usable, a healthy one where there is one; among equals a random one. Ends
   * at the first that has nothing to do, so that a large pool costs no more than a small one.
   */
  leastLoaded(
    targets: readonly Target[],
    isUsable: (target: Target) => boolean,
    random: () => number = Math.random,
  ): Target | undefined {
    const start = Math.floor(random() * targets.length);
    let best: { target: Target; healthy: boolean; load: number } | undefined;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(start + i) % targets.length]!;
      if (!isUsable(target)) continue;
      const healthy = this.isHealthy(target);
      const load = this.load(target);
      if (healthy && load === 0) return target;
      const better =
        !best || (healthy === best.healthy ? load < best.load : healthy && !best.healthy);
      if (better) best = { target, healthy, load };
    }
    return best?.target;
  }

  /** Those that requests were sent to, as far as they are remembered. */
  get known(): readonly Target[] {
    return [...this.asked.values()].map(({ target }) => target);
  }

  /** How many breakers are in each state at the moment, of prefillers that are still asked. */
  countBreakers(): Record<BreakerState, number> {
    this.forgetIdle();
    return this.breakers.count();
  }

  /** Forgets prefillers that nobody has asked for a while: they may be gone for good. */
  forgetIdle(): void {
    const since = this.now() - this.keptFor;
    for (const [label, { at }] of this.asked) {
      // In the order in which they were asked.
      if (at >= since) break;
      this.forget(label);
    }
  }

  /** @param isGone whether a prefiller may not be asked any more */
  forgetGone(isGone: (target: Target) => boolean): void {
    for (const [label, { target }] of this.asked) if (isGone(target)) this.forget(label);
  }

  /** Another process sent a prefill there. */
  note(target: Target): void {
    this.breakers.note(target.label);
    this.remember(target);
  }

  private forget(label: string): void {
    this.asked.delete(label);
    this.wellAgain(label);
    this.breakers.forget(label);
  }

  private remember(target: Target): void {
    const { label } = target;
    const at = this.now();
    const before = this.asked.get(label);
    if (before && at - before.at < NOTED_AGAIN_AFTER) return;
    let toldAt = before?.toldAt ?? -Infinity;
    if (at - toldAt >= TOLD_AGAIN_AFTER) {
      toldAt = at;
      this.sharing.asked(target);
    }
    this.asked.delete(label);
    this.asked.set(label, { target, at, toldAt });
    if (this.asked.size <= MAX_KNOWN) return;
    const [oldest] = this.asked.keys();
    this.asked.delete(oldest!);
    this.wellAgain(oldest!);
  }
}
