import type { Candidate } from '../policy.js';
import { leastLoaded } from './preference.js';

/** When a candidate has too much to do beside the least loaded one: above both bounds. */
export interface BalanceOptions {
  /** More than so many requests above the least load. */
  readonly balanceAbsThreshold: number;
  /** More than so many times the least load. */
  readonly balanceRelThreshold: number;
}

/** The load above which candidates are passed over. The least loaded one is never above it. */
export class Overload {
  /** Index of the least loaded one. */
  readonly least: number;
  private readonly bound: number;

  constructor(
    private readonly candidates: readonly Candidate[],
    { balanceAbsThreshold, balanceRelThreshold }: BalanceOptions,
  ) {
    this.least = leastLoaded(candidates);
    const { load } = candidates[this.least]!;
    this.bound = Math.max(load + balanceAbsThreshold, load * balanceRelThreshold, load);
  }

  has(index: number): boolean {
    return this.candidates[index]!.load > this.bound;
  }
}
