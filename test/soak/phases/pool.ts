/** Runs `count` jobs with at most `width` at a time; each worker gets its number. */
export async function inParallel(
  count: number,
  width: number,
  job: (number: number, worker: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async (worker: number): Promise<void> => {
    while (next < count) await job(next++, worker);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, (_, worker) => work(worker)));
}

/** Waits until `condition` holds. @returns milliseconds waited; NaN when it did not within `limit` */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  limit: number,
): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > limit) return NaN;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - started;
}
