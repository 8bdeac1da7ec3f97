import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { probe } from '../run-case.js';

/** What a well-behaved client saw while something went on. */
export interface Service {
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds of the slowest answer but one in a hundred. */
  readonly p99: number;
}

let counter = 0;

/**
 * Asks again and again as one good client, each time on a connection of its own, until `over` is settled.
 *
 * @param pauseMs between requests
 */
export async function serve(port: number, over: Promise<unknown>, pauseMs = 10): Promise<Service> {
  let running = true;
  const stop = (): void => {
    running = false;
  };
  over.then(stop, stop);
  const times: number[] = [];
  let failed = 0;
  while (running) {
    const started = performance.now();
    const id = `s${counter++}`;
    const { answer } = await probe(port, id).catch(() => ({ answer: undefined }));
    if (answer?.status === 200) times.push(performance.now() - started);
    else failed++;
    await sleep(pauseMs);
  }
  times.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? Infinity;
  return { answered: times.length, failed, p99 };
}
