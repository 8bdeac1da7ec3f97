import type { Candidate, Choice, Policy, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { leastLoaded } from './preference.js';

/** The least loaded one. */
export class LeastLoadPolicy implements Policy {
  choose(candidates: readonly Candidate[], { explain }: RequestFeatures): Choice {
    const choice = { index: leastLoaded(candidates), reason: 'least load' };
    return explain ? { ...choice, scores: candidates.map(({ load }) => -load) } : choice;
  }
}

export const leastLoad = definePolicy({
  name: 'least_load',
  aliases: [],
  weighsLoad: true,
  defaults: {},
  create: () => new LeastLoadPolicy(),
});
