import type { After, Figures } from '../support/run-scenario.js';
import type { ApiUnderTest } from './api/api-under-test.js';
import type { Engines } from './rig/engines.js';

/** What scenarios work with. */
export interface Stage {
  readonly api: ApiUnderTest;
  readonly engines: Engines;
  /** A namespace of this scenario alone. */
  readonly namespace: string;
  /** Seconds that outages last. */
  readonly outage: number;
  /** Registers what is to be ended with the scenario. */
  readonly after: After;
}

/** Something that happens to a cluster, and what must come of it. */
export interface Scenario {
  readonly name: string;
  /** @throws Error when something else comes of it */
  readonly run: (stage: Stage) => Promise<Figures>;
}

/** @returns so many milliseconds, for a table */
export function ms(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`;
}

/** @throws Error when it is not so */
export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** @throws Error when it took more than a second, which is what a change may take */
export function withinSecond(milliseconds: number): string {
  must(milliseconds < 1000, `it took ${ms(milliseconds)}`);
  return ms(milliseconds);
}
