import type { Target } from '../../endpoint/target.js';
import { PrefillerSharing } from '../../prefiller/prefiller-sharing.js';
import { BreakerFollower } from '../../resilience/breaker-follower.js';
import type { Breakers } from '../../resilience/breakers.js';
import type { BreakerPolicy } from '../../resilience/circuit-breaker.js';
import type { Primary } from './worker-mail.js';

/** A worker's side of what all workers know of prefillers: the primary decides. */
export class Following extends PrefillerSharing {
  override readonly leads = false;
  /** Set as soon as the breakers are asked for. */
  follower: BreakerFollower | undefined;

  constructor(private readonly primary: Primary) {
    super();
  }

  override breakers(policy: BreakerPolicy): Breakers {
    const { primary } = this;
    this.follower = new BreakerFollower(policy, {
      report: (prefiller, era, outcome) => primary.tell('attempt', { prefiller, era, outcome }),
      claim: async (prefiller) => (await primary.ask('probe', prefiller)) ?? undefined,
      endProbe: (prefiller, era, outcome) => primary.tell('probe', { prefiller, era, outcome }),
    });
    return this.follower;
  }

  override asked(target: Target): void {
    this.primary.tell('asked', target);
  }

  /** The primary finds out. */
  override unhealthy(): void {}
}
