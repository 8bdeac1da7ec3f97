/** Counts what went wrong, by reason. */
export type Failures = Record<string, number>;

/** Adds one failure. */
export function countFailure(failures: Failures, reason: string): void {
  failures[reason] = (failures[reason] ?? 0) + 1;
}

/** Rejects after `ms`, so that a peer that hangs costs a cell and not the run. */
export function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end after ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
