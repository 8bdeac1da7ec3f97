import { PrefillerSharing } from '../../prefiller/prefiller-sharing.js';
import { BreakerLeader, type BreakerNews } from '../../resilience/breaker-leader.js';
import type { Breakers } from '../../resilience/breakers.js';
import type { BreakerPolicy, BreakerState } from '../../resilience/circuit-breaker.js';

/** Where the primary tells its workers what it decided about prefillers. */
export interface Followers {
  breaker: BreakerNews;
  unhealthy(labels: readonly string[]): void;
}

/** The primary's side of what all workers know of prefillers. */
export class Leading extends PrefillerSharing {
  override readonly leads = true;
  /** Set as soon as the breakers are asked for. */
  leader: BreakerLeader | undefined;

  constructor(private readonly followers: Followers) {
    super();
  }

  override breakers(
    policy: BreakerPolicy,
    changed: (prefiller: string, state: BreakerState) => void,
  ): Breakers {
    this.leader = new BreakerLeader(policy, changed, (prefiller, breaker) =>
      this.followers.breaker(prefiller, breaker),
    );
    return this.leader;
  }

  /** It sends no prefills itself. */
  override asked(): void {}

  override unhealthy(labels: readonly string[]): void {
    this.followers.unhealthy(labels);
  }
}
