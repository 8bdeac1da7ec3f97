import type { Candidate, Choice, Policy, PolicyTools, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { LengthBuckets } from '../structures/length-buckets.js';
import { LengthWindow } from '../structures/length-window.js';
import { Member, Roster } from '../structures/roster.js';
import { Overload, type BalanceOptions } from './overload.js';
import { lowest } from './preference.js';

export interface BucketOptions extends BalanceOptions {
  /** Milliseconds after which the buckets are fitted to the requests since. */
  readonly bucketAdjustInterval: number;
}

class Counted extends Member {
  characters = 0;
}

/** Somebody has more than so many times the characters of another one: the buckets do not fit. */
const MISFIT = 2;

/**
 * Each endpoint serves texts of certain lengths, short ones first: they do not wait behind long ones. The lengths are
 * cut so that each endpoint gets as many characters as the others. Where a length belongs to several, and where its
 * endpoint is overloaded, whoever had the fewest characters lately gets the request.
 */
export class BucketPolicy implements Policy {
  private readonly roster = new Roster((id) => new Counted(id));
  private readonly buckets = new LengthBuckets();
  private readonly window: LengthWindow;
  private fittedAt: number;

  constructor(
    private readonly tools: PolicyTools,
    private readonly options: BucketOptions,
  ) {
    this.window = new LengthWindow(options.bucketAdjustInterval);
    this.fittedAt = tools.now();
  }

  choose(candidates: readonly Candidate[], { text: { length }, explain }: RequestFeatures): Choice {
    this.roster.meet(candidates);
    const members = this.roster.candidates;
    this.refit();
    const scores = explain ? { scores: members.map(({ characters }) => -characters) } : undefined;
    const choice = this.choiceFor(candidates, length);
    this.window.add({ at: this.tools.now(), length, counter: members[choice.index]! });
    return { ...choice, ...scores };
  }

  removed(id: string): void {
    this.roster.remove(id);
  }

  private choiceFor(candidates: readonly Candidate[], length: number): Choice {
    const members = this.roster.candidates;
    const overload = new Overload(candidates, this.options);
    const weigh = (_: Candidate, i: number): number =>
      overload.has(i) ? NaN : members[i]!.characters;
    const index = lowest(candidates, weigh, this.buckets.of(length, candidates.length));
    if (index >= 0) return { index, reason: 'bucket' };
    return { index: lowest(candidates, weigh), reason: 'fewest characters, bucket is overloaded' };
  }

  /** After each interval, when the work of that time was spread unevenly. */
  private refit(): void {
    const now = this.tools.now();
    this.window.expire(now);
    if (now - this.fittedAt < this.options.bucketAdjustInterval) return;
    this.fittedAt = now;
    this.window.duration = this.options.bucketAdjustInterval;
    const work = this.roster.candidates.map(({ characters }) => characters);
    if (Math.max(...work) > MISFIT * Math.min(...work)) this.buckets.fit(this.window.lengths());
  }
}

const defaults: BucketOptions = {
  balanceAbsThreshold: 64,
  balanceRelThreshold: 1.5,
  bucketAdjustInterval: 5000,
};

export const bucket = definePolicy({
  name: 'bucket',
  aliases: [],
  defaults,
  create: (tools, options) => new BucketPolicy(tools, options),
});
