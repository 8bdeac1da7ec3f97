/**
 * Preloaded into a picker: how late its event loop is, by a timer of 1 ms. Each second the file that LOOP_DELAY_TO names
 * gets the 99th percentile, in milliseconds, since the second second of the process's life.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const SETTLED_MS = 2000;
const file = process.env.LOOP_DELAY_TO;

if (isMainThread && file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  setTimeout(() => delay.enable(), SETTLED_MS).unref();
  setInterval(() => {
    if (delay.count > 0) writeFileSync(file, String(delay.percentile(99) / 1e6));
  }, 1000).unref();
}
