import { percentile } from '../report/statistics.js';
import { monotonicMs, pause } from '../wire/clock.js';
import { Connection } from './connection.js';
import { type Exchange, openExchange } from './exchange.js';
import { countFailure, type Failures } from './failures.js';
import { openInTurn } from './in-turn.js';
import { planRequest } from './request.js';
import type { Target } from './target.js';

/** A fixed number of clients, each of which sends its next request when it has its answer. */
export interface ClosedLoopJob {
  target: Target;
  kind: 'disaggregated' | 'pass-through';
  clients: number;
  seconds: number;
  /** Ports of prefillers that requests name in turn, instead of the target's. */
  prefillers?: readonly number[];
}

export interface ClosedLoopResult {
  completed: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  failures: Failures;
}

const SHORT_MEMBER = `"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"${'Tell me why a prefill node hands its cache over. '.repeat(4)}"}]`;

/** The short chat request that most workloads send. */
export function shortPlan(stream: boolean): ReturnType<typeof planRequest> {
  return planRequest('/v1/chat/completions', SHORT_MEMBER, stream);
}

/** Runs the clients for the job's time, then lets the last answers arrive. */
export async function runClosedLoop(job: ClosedLoopJob): Promise<ClosedLoopResult> {
  const latencies: number[] = [];
  const failures: Failures = {};
  const exchanges = Array.from({ length: job.clients }, (_, i) => openClient(job, i));
  const start = monotonicMs();
  const until = start + job.seconds * 1000;
  await Promise.all(exchanges.map((exchange) => loop(exchange, until, latencies, failures)));
  const seconds = (monotonicMs() - start) / 1000;
  for (const exchange of exchanges) exchange.destroy();
  latencies.sort((a, b) => a - b);
  return {
    completed: latencies.length,
    seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    failures,
  };
}

function openClient({ kind, target, prefillers }: ClosedLoopJob, index: number): Exchange {
  if (kind === 'pass-through') return openPassThrough(target);
  return prefillers ? openInTurn(target, prefillers, index) : openExchange(target);
}

async function loop(
  exchange: Exchange,
  until: number,
  latencies: number[],
  failures: Failures,
): Promise<void> {
  const plan = shortPlan(false);
  await new Promise<void>((resolve) => {
    const next = (): void => {
      const sent = monotonicMs();
      if (sent >= until) return resolve();
      let status = 0;
      exchange.send(plan, {
        head: (code) => {
          status = code;
        },
        end: () => {
          if (status === 200) latencies.push(monotonicMs() - sent);
          else countFailure(failures, `status ${status}`);
          next();
        },
        fail: (reason) => {
          countFailure(failures, reason);
          void pause(10).then(next);
        },
      });
    };
    next();
  });
}

/** Sends a request that no proxy edits: the plan's prompt to a path without disaggregation. */
function openPassThrough(target: Target): Exchange {
  const port = target.port ?? target.decode;
  const connection = new Connection(port);
  const body = '{"model":"bench","input":"Tell me why a prefill node hands its cache over."}';
  const head = `POST /v1/embeddings HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\naccept: */*\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const request = [Buffer.from(head + body)];
  return {
    send: (_, observer) => connection.send(request, observer),
    destroy: () => connection.destroy(),
  };
}
