import type { After, Figures } from '../support/run-scenario.js';
/** What scenarios work with. */
export interface Stage {
  readonly envoy: EnvoyBinary;
  /** Of this scenario alone; kept where something failed. */
  readonly folder: string;
  /** Registers what is to be ended with the scenario; the last one is ended first. */
  readonly after: After;
}

/** A version of Envoy on this machine. */
export interface EnvoyBinary {
  readonly path: string;
  /** As 1.40.0. */
  readonly version: string;
}

/** @returns 40 of 1.40.0 */
export function minorOf({ version }: EnvoyBinary): number {
  return Number(version.split('.')[1]);
}

/** Something that clients, servers or programs do, and what must come of it. */
export interface Scenario {
  readonly name: string;
  /** @throws Error when something else comes of it */
  readonly run: (stage: Stage) => Promise<Figures | void>;
}

/** @throws Error when it is not so */
export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** @throws Error that shows both where they differ */
export function mustBe(seen: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}
