import { PLAIN, type Behaviour } from '../engine/behaviour.js';
import type { FirstTokenJob, FirstTokenResult } from '../load/first-token.js';
import type { PromptShape } from '../load/prompt.js';
import type { Target } from '../load/target.js';
import { monotonicMs, pause } from '../wire/clock.js';
import type { Worker } from '../wire/worker.js';

/** The processes around the sidecar. */
export interface Surroundings {
  readonly engine: Worker;
  readonly load: Worker;
  readonly target: Target;
}

/** A load that goes on as it began; each call of it lasts about `seconds`. */
export type SteadyLoad = (around: Surroundings, seconds: number) => Promise<unknown>;

/** Loads by the names that the bench gives them. */
export const STEADY_LOADS: Readonly<Record<string, SteadyLoad>> = {
  short: closedLoop('disaggregated'),
  pass: closedLoop('pass-through'),
  'flat-200': streams(200, 0),
  'paced-200': streams(200, 30),
  'prompt-1m': prompts('string', 2 ** 20),
  'prompt-1m-messages': prompts('messages', 2 ** 20),
  'prompt-8m': prompts('string', 2 ** 23),
};

function closedLoop(kind: 'disaggregated' | 'pass-through'): SteadyLoad {
  return async ({ engine, load, target }, seconds) => {
    await configure(engine, {});
    await load.call('closedLoop', { target, kind, clients: 32, seconds });
  };
}

function streams(count: number, rate: number): SteadyLoad {
  let areOpen = false;
  return async ({ engine, load, target }, seconds) => {
    if (!areOpen) {
      await configure(engine, { tokens: 1e9, rate, hold: true });
      await load.call('openStreams', { target, count, tokens: 1 });
      await engine.call('release');
    }
    areOpen = true;
    await pause(seconds * 1000);
  };
}

function prompts(shape: PromptShape, bytes: number): SteadyLoad {
  return async ({ engine, load, target }, seconds) => {
    await configure(engine, { tokens: 2 });
    const job: FirstTokenJob = { target, shape, bytes, times: 4 };
    const until = monotonicMs() + seconds * 1000;
    while (monotonicMs() < until) await load.call<FirstTokenResult>('firstToken', job);
  };
}

async function configure(engine: Worker, change: Partial<Behaviour>): Promise<void> {
  await engine.call('configure', { ...PLAIN, ...change });
}
