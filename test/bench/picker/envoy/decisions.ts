import { monotonicMs, pause } from '../../wire/clock.js';
import { percentile } from '../../report/statistics.js';
import { Connection } from './connection.js';
import { PlayedStream } from './requests.js';
import { type Script, scriptsOf } from './script.js';

/** A closed loop: as many requests are always under way. */
export interface DecisionJob {
  readonly port: number;
  /** Of the body. */
  readonly bytes: number;
  readonly streams: number;
  readonly seconds: number;
}

export interface DecisionResult {
  /** Streams that went well from the first message to the status. */
  readonly done: number;
  readonly seconds: number;
  /** Milliseconds until a request can go on. */
  readonly p50: number;
  readonly p99: number;
  readonly problems: readonly string[];
}

/** As of an Envoy with two workers. */
const CONNECTIONS = 2;
const MOST_PROBLEMS = 3;
const made = new Map<number, Script[]>();

export async function runDecisions(job: DecisionJob): Promise<DecisionResult> {
  const scripts = scriptsFor(job.bytes);
  const connections = await open(job.port);
  const times: number[] = [];
  const problems = new Map<string, number>();
  const begun = monotonicMs();
  const until = begun + job.seconds * 1000;
  let [done, next, running] = [0, 0, 0];
  await new Promise<void>((resolve) => {
    const start = (connection: Connection): void => {
      running++;
      new PlayedStream(connection, scripts[next++ % scripts.length]!, false, (end) => {
        running--;
        if (end.problem === undefined) {
          done++;
          times.push(end.decidedIn);
        } else problems.set(end.problem, (problems.get(end.problem) ?? 0) + 1);
        const goesOn = monotonicMs() < until && problems.size < MOST_PROBLEMS;
        if (goesOn) start(connection);
        else if (running === 0) resolve();
      });
    };
    for (let i = 0; i < job.streams; i++) start(connections[i % CONNECTIONS]!);
    for (const connection of connections) connection.flush();
  });
  const seconds = (monotonicMs() - begun) / 1000;
  for (const connection of connections) connection.close();
  times.sort((a, b) => a - b);
  return {
    ...{ done, seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    problems: [...problems].map(([problem, times]) => `${times} × ${problem}`),
  };
}

/** Asks until there is a decision. @returns milliseconds of the machine's clock when it came */
export async function untilDecides({ port }: { port: number }): Promise<number> {
  const [script] = scriptsFor(1024);
  let problem = 'no connection';
  for (const late = monotonicMs() + 60_000; monotonicMs() < late; await pause(5)) {
    const connection = await Connection.open(port).catch(() => undefined);
    if (!connection) continue;
    const end = await new Promise<{ problem: string | undefined }>((resolve) => {
      new PlayedStream(connection, script!, false, resolve);
      connection.flush();
    });
    connection.close();
    if (end.problem === undefined) return monotonicMs();
    problem = end.problem;
  }
  throw new Error(`no decision within a minute: ${problem}`);
}

/** Streams that were decided and wait for their answer. */
const held: Connection[] = [];

export async function holdStreams({ port, count }: { port: number; count: number }): Promise<void> {
  const connections = await open(port);
  held.push(...connections);
  const [script] = scriptsFor(1024);
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const connection = connections[i % CONNECTIONS]!;
      const { problem } = await new Promise<{ problem: string | undefined }>((resolve) => {
        new PlayedStream(connection, script!, true, resolve);
        connection.flush();
      });
      if (problem !== undefined) throw new Error(problem);
    }),
  );
}

/** Ends them, as clients do that go away. */
export function clearStreams(): void {
  for (const connection of held.splice(0)) connection.close();
}

function scriptsFor(bytes: number): Script[] {
  let scripts = made.get(bytes);
  if (!scripts) made.set(bytes, (scripts = scriptsOf(bytes)));
  return scripts;
}

function open(port: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
}
