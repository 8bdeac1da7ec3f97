import { promptDigest } from '../engine/digest.js';
import { monotonicMs } from '../wire/clock.js';
import { type Exchange, openExchange } from './exchange.js';
import { type PromptShape, promptMember } from './prompt.js';
import { clientBody, planRequest, type RequestPlan } from './request.js';
import type { Target } from './target.js';

/** One large prompt, sent `times` times in a row over one connection. */
export interface FirstTokenJob {
  target: Target;
  shape: PromptShape;
  bytes: number;
  times: number;
}

export interface FirstTokenResult {
  /** Milliseconds from the first byte sent to the first body byte received, one a request. */
  firstTokenMs: number[];
}

let planned: { key: string; plan: RequestPlan } | undefined;

/** Sends the prompts one after the other; rejects at the first failure. */
export async function runFirstToken(job: FirstTokenJob): Promise<FirstTokenResult> {
  const plan = planFor(job.shape, job.bytes);
  const exchange = openExchange(job.target);
  const firstTokenMs: number[] = [];
  try {
    for (let i = 0; i < job.times; i++) firstTokenMs.push(await sendOne(exchange, plan));
  } finally {
    exchange.destroy();
  }
  return { firstTokenMs };
}

/** The digest that the engines must find for this prompt. */
export function expectedDigest(job: { shape: PromptShape; bytes: number }): string {
  const body = clientBody(planFor(job.shape, job.bytes)).toString();
  return promptDigest(JSON.parse(body) as Record<string, unknown>);
}

function planFor(shape: PromptShape, bytes: number): RequestPlan {
  const key = `${shape} ${bytes}`;
  if (planned?.key !== key) {
    const { path, member } = promptMember(shape, bytes);
    planned = { key, plan: planRequest(path, member, true) };
  }
  return planned.plan;
}

function sendOne(exchange: Exchange, plan: RequestPlan): Promise<number> {
  const sent = monotonicMs();
  return new Promise((resolve, reject) => {
    let status = 0;
    let first = 0;
    exchange.send(plan, {
      head: (code) => {
        status = code;
      },
      data: () => {
        first ||= monotonicMs();
      },
      end: () => {
        if (status === 200) resolve(first - sent);
        else reject(new Error(`status ${status}`));
      },
      fail: (reason) => reject(new Error(reason)),
    });
  });
}
