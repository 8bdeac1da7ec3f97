import { monotonicMs, pause } from '../wire/clock.js';
import { shortPlan } from './closed-loop.js';
import { openExchange } from './exchange.js';
import type { Target } from './target.js';

/** Clients that leave in the middle of a stream, or while the prefill engine has not answered. */
export interface AbortJob {
  target: Target;
  phase: 'stream' | 'prefill';
  times: number;
}

/** When each marked client left, in monotonic milliseconds. */
export type Departures = Record<string, number>;

let nextMarker = 1;

/** Starts and aborts one request after the other. */
export async function runAborts(job: AbortJob): Promise<Departures> {
  const departures: Departures = {};
  for (let i = 0; i < job.times; i++) {
    const marker = `abort-${nextMarker++}`;
    const exchange = openExchange(job.target);
    const failed = await new Promise<string | undefined>((resolve) => {
      const plan = { ...shortPlan(true), marker };
      const data = (): void => void pause(5 + (i % 7)).then(() => resolve(undefined));
      exchange.send(plan, { data, end: () => resolve('ended'), fail: resolve });
      if (job.phase === 'prefill') void pause(20).then(() => resolve(undefined));
    });
    if (failed !== undefined) throw new Error(`stream before abort: ${failed}`);
    departures[marker] = monotonicMs();
    exchange.destroy();
    await pause(10);
  }
  return departures;
}
