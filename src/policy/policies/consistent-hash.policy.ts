import type { Candidate, Choice, Policy, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { HashRing } from '../structures/hash-ring.js';
import { leastLoaded } from './preference.js';
import { routingKeyOf } from './routing-key.js';

/**
 * Requests of one session go to one endpoint, by a hash ring: nothing is remembered, and all routers agree. Sessions of
 * an endpoint that cannot be used are spread over all others, and come back with it.
 */
export class ConsistentHashPolicy implements Policy {
  private readonly ring = new HashRing();

  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const key = routingKeyOf(request);
    if (!key) return { index: leastLoaded(candidates), reason: 'no key, least load' };
    this.ring.meet(candidates);
    const reason = key.isSession ? 'hash of session' : 'hash of text';
    return { index: this.ring.find(key.hash), reason };
  }

  removed(id: string): void {
    this.ring.remove(id);
  }
}

export const consistentHash = definePolicy({
  name: 'consistent_hash',
  aliases: ['consistent_hashing'],
  defaults: {},
  create: () => new ConsistentHashPolicy(),
});
