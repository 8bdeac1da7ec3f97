import type { Candidate, Choice, Policy, PolicyTools, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { compare } from './preference.js';

/**
 * Of two different ones drawn at random the less loaded: nearly as even as the least loaded of all, and several routers
 * that know nothing of each other do not all run to the same one (Mitzenmacher, 2001).
 */
export class PowerOfTwoPolicy implements Policy {
  constructor(private readonly tools: PolicyTools) {}

  choose(candidates: readonly Candidate[], { explain }: RequestFeatures): Choice {
    const count = candidates.length;
    if (count === 1) return { index: 0, reason: 'only one' };
    const one = this.draw(count);
    const other = (one + 1 + this.draw(count - 1)) % count;
    const difference = candidates[one]!.load - candidates[other]!.load;
    const index = (difference || compare(candidates, one, other)) < 0 ? one : other;
    const choice = { index, reason: 'less loaded of two' };
    if (!explain) return choice;
    const scores = candidates.map(({ load }, i) => (i === one || i === other ? -load : -Infinity));
    return { ...choice, scores };
  }

  private draw(count: number): number {
    return Math.floor(this.tools.random() * count);
  }
}

export const powerOfTwo = definePolicy({
  name: 'power_of_two',
  aliases: [],
  weighsLoad: true,
  defaults: {},
  create: (tools) => new PowerOfTwoPolicy(tools),
});
