/** How a worker ended. */
export interface WorkerEnd {
  /** Whether it got as far as serving. */
  readonly wasReady: boolean;
  /** Milliseconds from its start to its end. */
  readonly livedMs: number;
}

/** One that lived so long failed for a reason of its own, and is replaced at once. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** So many in a row that never served: the next one will not either. */
const MAX_FAILED_STARTS = 5;

/** When a worker that ended is replaced, over all workers of a program. */
export class RestartPolicy {
  private shortLives = 0;
  private failedStarts = 0;

  /** A worker serves: starting is possible. */
  ready(): void {
    this.failedStarts = 0;
  }

  /** @returns milliseconds until the next one is started; undefined when none is to be started any more */
  next({ wasReady, livedMs }: WorkerEnd): number | undefined {
    if (!wasReady && ++this.failedStarts >= MAX_FAILED_STARTS) return undefined;
    if (livedMs >= STABLE_MS) {
      this.shortLives = 0;
      return 0;
    }
    return Math.min(FIRST_DELAY_MS * 2 ** this.shortLives++, LONGEST_DELAY_MS);
  }
}
