import type { RecordingEngine } from '../engine/recording-engine.js';
import type { Judgement } from '../judge.js';
import type { ProxyUnderTest } from '../proxy/proxy-under-test.js';

/** What a suite runs against: a proxy and the engine behind it. */
export interface Rig {
  readonly proxy: ProxyUnderTest;
  readonly engine: RecordingEngine;
  readonly quick: boolean;
  /** Whether the proxy is Tandem's sidecar, with all that only a sidecar has. */
  readonly sidecar: boolean;
}

/** One case and what became of it. */
export interface CaseResult extends Judgement {
  readonly group: string;
  readonly name: string;
}

/** A set of checks of one kind. */
export interface Suite {
  readonly name: string;
  /** Says in a word or two why it does not fit the rig; undefined where it does. */
  skipped?(rig: Rig): string | undefined;
  run(rig: Rig): AsyncIterable<CaseResult>;
}
