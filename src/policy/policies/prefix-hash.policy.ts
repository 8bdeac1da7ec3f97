import type { Candidate, Choice, Policy, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { hashText } from '../structures/hash.js';
import { HashRing } from '../structures/hash-ring.js';
import { leastLoaded } from './preference.js';

export interface PrefixHashOptions {
  /** Tokens of the text that count, of four characters each. */
  readonly prefixTokenCount: number;
  /** Nobody gets a request who has more than so many times the average load; at least 1. */
  readonly prefixLoadFactor: number;
}

const CHARACTERS_A_TOKEN = 4;

/**
 * Requests whose texts begin alike go to one endpoint, by a hash ring, unless it has more than its share of the load:
 * then to the next one on the ring that has not (Mirrokni and others, "Consistent hashing with bounded loads", 2018).
 * Costs little; remembers nothing.
 */
export class PrefixHashPolicy implements Policy {
  private readonly ring = new HashRing();

  constructor(private readonly options: PrefixHashOptions) {}

  choose(candidates: readonly Candidate[], { text }: RequestFeatures): Choice {
    if (text === '') return { index: leastLoaded(candidates), reason: 'no text, least load' };
    this.ring.meet(candidates);
    const key = hashText(text.slice(0, this.options.prefixTokenCount * CHARACTERS_A_TOKEN));
    const bound = this.boundOf(candidates);
    let isFirst = true;
    const index = this.ring.find(key, (i) => {
      if (candidates[i]!.load <= bound) return true;
      isFirst = false;
      return false;
    });
    if (index < 0) return { index: leastLoaded(candidates), reason: 'least load' };
    return { index, reason: isFirst ? 'hash of prefix' : 'hash of prefix, first is loaded' };
  }

  removed(id: string): void {
    this.ring.remove(id);
  }

  private boundOf(candidates: readonly Candidate[]): number {
    let total = 1;
    for (const { load } of candidates) total += load;
    return (total / candidates.length) * this.options.prefixLoadFactor;
  }
}

const defaults: PrefixHashOptions = { prefixTokenCount: 256, prefixLoadFactor: 1.25 };

export const prefixHash = definePolicy({
  name: 'prefix_hash',
  aliases: [],
  defaults,
  create: (_, options) => new PrefixHashPolicy(options),
});
