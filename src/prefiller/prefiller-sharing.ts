import type { Target } from '../endpoint/target.js';
import type { Breakers } from '../resilience/breakers.js';
import type { BreakerPolicy, BreakerState } from '../resilience/circuit-breaker.js';
import { CircuitBreakers } from '../resilience/circuit-breakers.js';

/** What several processes of one program have in common of what is known of prefillers. */
export abstract class PrefillerSharing {
  /** Whether this process is the one that probes, and logs what changes. */
  abstract readonly leads: boolean;

  /** @param changed told of each change, where this process leads */
  abstract breakers(
    policy: BreakerPolicy,
    changed: (prefiller: string, state: BreakerState) => void,
  ): Breakers;

  /** A prefill was sent there: now and then for each target, not every time. */
  abstract asked(target: Target): void;

  /** Labels of all that are unhealthy, when that changed. */
  abstract unhealthy(labels: readonly string[]): void;
}

/** One process: what it knows is its own. */
export class NoSharing extends PrefillerSharing {
  override readonly leads = true;

  override breakers(
    policy: BreakerPolicy,
    changed: (prefiller: string, state: BreakerState) => void,
  ): Breakers {
    return new CircuitBreakers(policy, changed);
  }

  override asked(): void {}

  override unhealthy(): void {}
}
