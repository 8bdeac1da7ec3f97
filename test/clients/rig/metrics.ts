import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, Range } from '../check.js';

const POLL_MS = 20;

/** What an engine has done so far. */
export interface Counters {
  /** Requests that ended, whatever way. */
  readonly finished: number;
  /** KV caches pulled from another engine. */
  readonly transfers: number;
  /** Requests that are under way. */
  readonly active: number;
}

/** @param url of an engine, without a path @returns its counters, in vLLM's names on /metrics */
export async function readCounters(url: string): Promise<Counters> {
  const response = await fetch(`${url}/metrics`);
  const lines = (await response.text()).split('\n');
  if (!response.ok) throw new Error(`${url}/metrics answered with ${response.status}`);
  const sum = (name: string): number =>
    lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    finished: sum('vllm:request_success_total'),
    transfers: sum('vllm:nixl_xfer_time_seconds_count'),
    active: sum('vllm:num_requests_running') + sum('vllm:num_requests_waiting'),
  };
}

/** Sees what a check causes at the engines. */
export class EngineWatch {
  private readonly urls: EngineUrls;
  private readonly before: EngineCounters;

  private constructor(urls: EngineUrls, before: EngineCounters) {
    this.urls = urls;
    this.before = before;
  }

  /** @param patienceMs how long engines may take to end what an earlier check left behind */
  static async start(urls: EngineUrls, patienceMs: number): Promise<EngineWatch> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const counters = await readBoth(urls);
      if (busy(counters) === undefined || performance.now() > deadline) {
        return new EngineWatch(urls, counters);
      }
      await sleep(POLL_MS);
    }
  }

  /**
   * Waits until both engines are idle and have counted what the check must cause.
   *
   * @param patienceMs how long that may take
   * @throws Error that tells the difference
   */
  async expect(check: Check, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const problem = this.compare(check, await readBoth(this.urls));
      if (problem === undefined) return;
      if (performance.now() > deadline) throw new Error(problem);
      await sleep(POLL_MS);
    }
  }

  private compare(check: Check, now: EngineCounters): string | undefined {
    const { before } = this;
    const prefills = rangeOf(check.prefills);
    const transfers = check.transfers ?? prefills;
    const prefilled = now.prefill.finished - before.prefill.finished;
    const pulled = now.decode.transfers - before.decode.transfers;
    return (
      busy(now) ??
      (isIn(prefills, prefilled)
        ? undefined
        : `the prefiller finished ${prefilled}, not ${words(prefills)}`) ??
      (isIn(transfers, pulled)
        ? undefined
        : `the decoder pulled ${pulled} KV cache(s), not ${words(transfers)}`)
    );
  }
}

function busy({ prefill, decode }: EngineCounters): string | undefined {
  if (decode.active > 0) return `the decoder still runs ${decode.active} request(s)`;
  if (prefill.active > 0) return `the prefiller still runs ${prefill.active} request(s)`;
  return undefined;
}

function rangeOf(count: number | Range): Range {
  return typeof count === 'number' ? [count, count] : count;
}

function isIn([least, most]: Range, count: number): boolean {
  return count >= least && count <= most;
}

function words([least, most]: Range): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

/** Base URLs of both engines. */
export interface EngineUrls {
  readonly prefill: string;
  readonly decode: string;
}

interface EngineCounters {
  readonly prefill: Counters;
  readonly decode: Counters;
}

async function readBoth({ prefill, decode }: EngineUrls): Promise<EngineCounters> {
  const [prefiller, decoder] = await Promise.all([readCounters(prefill), readCounters(decode)]);
  return { prefill: prefiller, decode: decoder };
}
