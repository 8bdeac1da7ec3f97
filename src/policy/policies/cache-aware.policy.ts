import type { Candidate, Choice, Policy, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { Holder, type PrefixNode } from '../structures/prefix-node.js';
import { PrefixTree, type Match } from '../structures/prefix-tree.js';
import { Roster } from '../structures/roster.js';
import { chunksOf, unitsOf } from '../structures/text-chunks.js';
import { Overload, type BalanceOptions } from './overload.js';
import { compare, lowest } from './preference.js';

export interface CacheAwareOptions extends BalanceOptions {
  /** An endpoint is preferred that holds more than this share of the text, from 0 to 1. */
  readonly cacheThreshold: number;
  /**
   * Takes the place of a higher `balanceAbsThreshold` for texts that begin like others without going on where one of
   * them ended: new conversations with a system prompt that is known.
   */
  readonly balanceSharedThreshold: number;
  /** Characters remembered of each endpoint. */
  readonly maxTreeSize: number;
}

/** Characters remembered in all, however many endpoints there are: about 256 MiB. */
const MAX_TOTAL_SIZE = 2 ** 29;

/**
 * The endpoint that was sent the longest beginning of this text before, since it is likely to have that in its KV cache.
 *
 * Where this is less than the threshold, or whoever holds it is overloaded, the request goes to the least loaded one.
 * Requests of others than the overloaded ones stay where they are, and so do its own when it has caught up: what it
 * holds is not forgotten. An endpoint that cannot be used for a while keeps what it holds, too.
 *
 * A beginning that many texts share is worth less: an endpoint that lacks it computes it once and has it for all that
 * come. Texts that only share one are therefore spread much earlier than conversations are torn apart; otherwise a
 * system prompt would bring nearly all requests to the one endpoint that saw it first.
 */
export class CacheAwarePolicy implements Policy {
  private readonly tree = new PrefixTree();
  private readonly roster = new Roster((id) => new Holder(id));

  constructor(private readonly options: CacheAwareOptions) {}

  choose(candidates: readonly Candidate[], { text, explain }: RequestFeatures): Choice {
    this.roster.meet(candidates);
    const overload = new Overload(candidates, this.options);
    // Who holds least is no matter then: requests without a text take turns.
    if (text === '') return { index: overload.least, reason: 'no text, least load' };
    // A text of more than half of what may be remembered would push all others out.
    const chunks = chunksOf(text, Math.ceil(this.limit / 2));
    const match = this.tree.match(chunks);
    const total = unitsOf(chunks.count);
    const choice = this.prefer(candidates, overload, match, total);
    const scores = explain ? { scores: this.sharesOf(match, total) } : undefined;
    this.tree.insert(chunks, this.roster.candidates[choice.index]!, this.limit);
    return { ...choice, ...scores };
  }

  removed(id: string): void {
    const holder = this.roster.remove(id);
    if (holder) this.tree.leave(holder);
  }

  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.roster.all()].map(({ id, size }) => [id, size]));
  }

  tidy(): void {
    this.tree.tidy();
    for (const holder of this.roster.all()) this.tree.shrink(holder, this.limit);
  }

  /** Of each endpoint, in characters. */
  private get limit(): number {
    return Math.min(this.options.maxTreeSize, Math.floor(MAX_TOTAL_SIZE / this.roster.size));
  }

  private prefer(
    candidates: readonly Candidate[],
    overload: Overload,
    match: Match,
    total: number,
  ): Choice {
    let known = unitsOf(match.chunks);
    let isSpilled = false;
    const most = match.continues ? Infinity : this.options.balanceSharedThreshold;
    for (let { node } = match; node.parent; node = node.parent) {
      if (known / total <= this.options.cacheThreshold) break;
      const index = this.bestHolder(node, candidates);
      if (index >= 0 && !overload.has(index, most)) {
        return { index, reason: isSpilled ? 'prefix, longest is overloaded' : 'prefix' };
      }
      isSpilled ||= index >= 0;
      known = unitsOf(node.start);
    }
    const index = this.leastHolding(candidates, overload);
    return { index, reason: isSpilled ? 'least load, prefix is overloaded' : 'least load' };
  }

  /** @returns the least loaded candidate that holds it; -1 where none does */
  private bestHolder({ holds }: PrefixNode, candidates: readonly Candidate[]): number {
    let best = -1;
    for (const { holder } of holds) {
      const index = this.roster.indexOf(holder);
      if (index < 0) continue;
      const difference = best < 0 ? -1 : candidates[index]!.load - candidates[best]!.load;
      if ((difference || compare(candidates, index, best)) < 0) best = index;
    }
    return best;
  }

  /** @returns of the least loaded and cheapest candidates that which holds least */
  private leastHolding(candidates: readonly Candidate[], { least }: Overload): number {
    const { load, cost } = candidates[least]!;
    const members = this.roster.candidates;
    return lowest(candidates, (candidate, i) =>
      candidate.load === load && candidate.cost === cost ? members[i]!.size : NaN,
    );
  }

  /** @returns of each candidate the share of the text that it holds */
  private sharesOf(match: Match, total: number): number[] {
    const shares = this.roster.candidates.map(() => 0);
    let known = unitsOf(match.chunks);
    for (let { node } = match; node.parent; node = node.parent) {
      for (const { holder } of node.holds) {
        const index = this.roster.indexOf(holder);
        if (index >= 0) shares[index] = Math.max(shares[index]!, known / total);
      }
      known = unitsOf(node.start);
    }
    return shares;
  }
}

const defaults: CacheAwareOptions = {
  cacheThreshold: 0.3,
  balanceAbsThreshold: 64,
  balanceRelThreshold: 1.5,
  balanceSharedThreshold: 8,
  maxTreeSize: 2 ** 25,
};

export const cacheAware = definePolicy({
  name: 'cache_aware',
  aliases: [],
  defaults,
  create: (_, options) => new CacheAwarePolicy(options),
});
