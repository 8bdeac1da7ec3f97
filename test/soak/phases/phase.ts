import type { Figure } from '../report/figure.js';
import type { Program } from '../subject/subject.js';

/** How much a phase does. */
export interface Scale {
  /** Multiplies counts; 1 in a full run. */
  readonly share: number;
  /** Seconds of the mixed phase. */
  readonly seconds: number;
  /** Clients at a time of the mixed phase. */
  readonly concurrency: number;
}

/** What a phase works with. */
export interface PhaseContext {
  /** The program under test with its usual flags; `flags` are added where it is Tandem's sidecar. */
  program(flags?: readonly string[]): Program;
  readonly tandem: boolean;
  readonly scale: Scale;
  readonly seed: number;
}

/** What a phase found. */
export interface PhaseResult {
  readonly figures: readonly Figure[];
  /** Samples of what went wrong. */
  readonly problems: readonly string[];
}

/** One way to try a program. */
export interface Phase {
  readonly name: string;
  readonly title: string;
  /** Needs what only Tandem's sidecar does. */
  readonly tandemOnly?: boolean;
  run(context: PhaseContext): Promise<PhaseResult>;
}

/** A count scaled, at least `least`. */
export function scaled(count: number, { share }: Scale, least = 1): number {
  return Math.max(least, Math.round(count * share));
}
