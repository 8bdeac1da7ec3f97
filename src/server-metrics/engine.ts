import type { MetricSpec } from './page/metric-spec.js';

/** A value that a configuration asks for beside the usual ones. */
export interface CustomMetric {
  /** Under this name plugins find it. */
  readonly attribute: string;
  readonly spec: MetricSpec;
}

/** Where an engine tells what on its page of metrics. What it does not tell is left out. */
export interface Engine {
  readonly name: string;
  /** Requests that wait. */
  readonly waiting?: MetricSpec | undefined;
  /** Requests that are worked on. */
  readonly running?: MetricSpec | undefined;
  /** Used part of the KV cache; the first of them that is on the page. */
  readonly kvUsage: readonly MetricSpec[];
  /** The adapters, in labels named as vLLM's; the value says how new they are. */
  readonly lora?: MetricSpec | undefined;
  /** Its labels tell of the cache. */
  readonly cacheInfo?: MetricSpec | undefined;
  /** Label of `cacheInfo` with the tokens of a block. */
  readonly blockSizeLabel?: string | undefined;
  /** Label of `cacheInfo` with the number of blocks. */
  readonly blocksLabel?: string | undefined;
  /** Its value is the tokens of a block. */
  readonly blockSize?: MetricSpec | undefined;
  /** Its value is the number of blocks. */
  readonly blocks?: MetricSpec | undefined;
  readonly custom: readonly CustomMetric[];
  /** Label with the data-parallel rank, where several processes of a rank tell the same. */
  readonly rankLabel?: string | undefined;
}
