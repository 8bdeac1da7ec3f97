import type { Candidate, Choice, Policy, PolicyTools } from '../policy.js';
import { definePolicy } from '../policy-definition.js';

/** Each one as often as the others, whatever came before. */
export class RandomPolicy implements Policy {
  constructor(private readonly tools: PolicyTools) {}

  choose(candidates: readonly Candidate[]): Choice {
    return { index: Math.floor(this.tools.random() * candidates.length), reason: 'random' };
  }
}

export const random = definePolicy({
  name: 'random',
  aliases: [],
  defaults: {},
  create: (tools) => new RandomPolicy(tools),
});
