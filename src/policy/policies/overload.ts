import type { Candidate } from '../policy.js';
import { leastLoaded } from './preference.js';

/** When a candidate has too much to do beside the least loaded one: above both bounds. */
export interface BalanceOptions {
  /** More than so many requests above the least load. */
  readonly balanceAbsThreshold: number;
  /** More than so many times the least load. */
  readonly balanceRelThreshold: number;
}

/** Which candidates are passed over for their load. The least loaded one never is. */
export class Overload {
  /** Index of the least loaded one. */
  readonly least: number;

  constructor(
    private readonly candidates: readonly Candidate[],
    private readonly options: BalanceOptions,
  ) {
    this.least = leastLoaded(candidates);
  }

  /** @param most requests above the least load that are borne, where that is less than the option says */
  has(index: number, most = Infinity): boolean {
    const { balanceAbsThreshold, balanceRelThreshold } = this.options;
    const { load } = this.candidates[this.least]!;
    const bound = Math.max(
      load + Math.min(most, balanceAbsThreshold),
      load * balanceRelThreshold,
      load,
    );
    return this.candidates[index]!.load > bound;
  }
}
