import type { Candidate, Choice, Policy } from '../policy.js';
import { definePolicy } from '../policy-definition.js';

/**
 * One after the other, in the order of their registration. It goes on behind the one chosen last though candidates come
 * and go: a counter over a list that changes would pass some over and take others twice.
 */
export class RoundRobinPolicy implements Policy {
  private candidates: readonly Candidate[] = [];
  /** Index of the one chosen last among those it was chosen from. */
  private last = -1;

  choose(candidates: readonly Candidate[]): Choice {
    const index = this.follower(candidates) % candidates.length;
    this.candidates = candidates;
    this.last = index;
    return { index, reason: 'turn' };
  }

  private follower(candidates: readonly Candidate[]): number {
    const before = this.candidates;
    const chosen = before[this.last];
    if (!chosen || candidates[this.last]?.id === chosen.id) return this.last + 1;
    const index = candidates.findIndex(({ id }) => id === chosen.id);
    if (index >= 0) return index + 1;
    return this.followerOfMissing(candidates);
  }

  /** @returns the first one still there of those that stood behind the one chosen last, or before it in the next round */
  private followerOfMissing(candidates: readonly Candidate[]): number {
    const indexes = new Map(candidates.map(({ id }, index) => [id, index]));
    const before = this.candidates;
    for (let step = 1; step < before.length; step++) {
      const index = indexes.get(before[(this.last + step) % before.length]!.id);
      if (index !== undefined) return index;
    }
    return 0;
  }
}

export const roundRobin = definePolicy({
  name: 'round_robin',
  aliases: ['roundrobin'],
  defaults: {},
  create: () => new RoundRobinPolicy(),
});
