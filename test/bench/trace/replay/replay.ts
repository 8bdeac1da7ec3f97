import { Agent, request } from 'node:http';
import type { Worker } from '../../wire/worker.js';
import { FastClock } from '../clock.js';
import type { EngineFigures } from '../engine-model.js';
import { play } from '../play.js';
import { summarize, type Summary } from '../summary.js';
import { messagesOf } from '../text.js';
import type { Session, Trace } from '../trace.js';

/** Where a trace is replayed to. */
export interface Stage {
  /** Of the router. */
  readonly port: number;
  readonly engines: Worker;
  readonly workers: number;
  /** How many times as fast as it was recorded. */
  readonly speed: number;
}

/** How a router did by a trace. */
export interface Replayed extends Summary {
  /** Turns that were not answered with 200. */
  readonly failures: number;
}

/** Sends a trace through a router to engines whose caches are empty. */
export async function replay(trace: Trace, stage: Stage): Promise<Replayed> {
  await stage.engines.call('renew', { count: stage.workers, speed: stage.speed });
  const agent = new Agent({ keepAlive: true });
  let failures = 0;
  await new Promise<void>((ended) => {
    play(
      trace,
      new FastClock(stage.speed),
      (session, turn, answered) =>
        send(stage.port, agent, { session, turn }, (status) => {
          if (status !== 200) failures++;
          answered();
        }),
      ended,
    );
  });
  agent.destroy();
  const figures = await stage.engines.call<EngineFigures[]>('figures');
  return { ...summarize(figures), failures };
}

/** @param answered with the status; 0 where there was none */
function send(
  port: number,
  agent: Agent,
  { session, turn }: { session: Session; turn: number },
  answered: (status: number) => void,
): void {
  const { user } = session;
  const body = JSON.stringify({
    model: 'bench',
    messages: messagesOf(session, turn),
    max_tokens: session.turns[turn]!.answer.tokens,
    user,
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-session-id': user,
    'x-smg-routing-key': user,
  };
  const path = '/v1/chat/completions';
  request({ host: '127.0.0.1', port, agent, method: 'POST', path, headers }, (response) => {
    response.resume().on('end', () => answered(response.statusCode ?? 0));
  })
    .on('error', () => answered(0))
    .end(body);
}
