import type { ModelRewrites } from './model-rewrites.js';
import type { Objectives } from './objectives.js';

/** Keeps the endpoints of a picker as their source has them, and knows what Kubernetes says of its requests. */
export interface PickerDiscovery {
  readonly objectives: Objectives;
  readonly rewrites: ModelRewrites;
  /** Why it is not known yet what there is, for people; undefined once it is, even where that is nothing. */
  readonly waitsFor: string | undefined;
  /**
   * Begins. A file is read before it returns; what comes from afar comes later.
   *
   * @throws ConfigError where a file of endpoints is wrong: in one line, with the name of the entry
   */
  start(): Promise<void>;
  /** At once and for good; the endpoints stay. */
  stop(): void;
}
