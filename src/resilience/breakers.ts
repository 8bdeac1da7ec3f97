import type { BreakerState, EndAttempt } from './circuit-breaker.js';

/** A breaker for each key: of this process alone, or one that several processes have in common. */
export interface Breakers {
  /** Whether {@link begin} would let an attempt start. */
  admits(key: string): boolean;

  /** Milliseconds until an attempt may start. */
  retryAfter(key: string): number;

  /** @returns ends the attempt; undefined when none may start */
  begin(key: string): EndAttempt | undefined;

  /**
   * Before {@link begin}: sees to it that the one probe of a half-open breaker is this process's to make.
   *
   * @returns undefined when nothing has to be asked for; else gives it back where no attempt began
   */
  claim(key: string): Promise<() => void> | undefined;

  /** Forgets what is known of a key: it is not there any more. */
  forget(key: string): void;

  /** Makes a closed breaker for a key that there is none for. */
  note(key: string): void;

  /** How many breakers are in each state at the moment. */
  count(): Record<BreakerState, number>;
}
