/** How long things may take, in milliseconds. */
export interface WatchTimings {
  /** Without a byte of an answer for so long, a request has failed. */
  readonly answerTimeoutMs: number;
  /** A list, all its pages together. */
  readonly listTimeoutMs: number;
  /** Objects a page of a list: to parse 500 pods of 9 kB takes 50 ms, in which no request is served. */
  readonly pageSize: number;
  /** How long the server is asked to keep a watch open; a tenth more or less, so that many clients spread. */
  readonly watchMs: number;
  /** A watch without an event is given up after this, a tenth more or less: longer than the minute between bookmarks. */
  readonly idleMs: number;
  /** A watch that lasted so long is a good one: what failed before is forgotten. */
  readonly healthyMs: number;
  /** All is listed again after this, a tenth more or less: cures what no event tells. */
  readonly relistMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** Longest pause while a pool is looked for that is not there yet. */
  readonly findMaxMs: number;
}

export const WATCH_TIMINGS: WatchTimings = {
  answerTimeoutMs: 5_000,
  listTimeoutMs: 30_000,
  pageSize: 100,
  watchMs: 240_000,
  idleMs: 90_000,
  healthyMs: 1_000,
  relistMs: 600_000,
  backoffMinMs: 250,
  backoffMaxMs: 10_000,
  findMaxMs: 2_000,
};
