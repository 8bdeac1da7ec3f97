import { describeMachine } from './machine.js';
import type { BenchOptions } from './options.js';
import { type EnginePorts, PeerProcess } from './peers/peer-process.js';
import { type BenchReport, type CellResult, takeMedians } from './report/results.js';
import { pause } from './wire/clock.js';
import { Worker } from './wire/worker.js';
import { selectWorkloads } from './workloads/list.js';
import type { Cell, Workload } from './workloads/workload.js';

/** What a peer still has under way after a failure must not count in the next cell. */
const AFTER_FAILURE_MS = 2000;

/** Runs the bench; `say` gets a line for each cell as it ends. */
export async function runBench(
  options: BenchOptions,
  say: (line: string) => void,
): Promise<BenchReport> {
  const report = emptyReport(options);
  const engine = new Worker(options.program.engine);
  const load = new Worker(options.program.load);
  const running: PeerProcess[] = [];
  try {
    const engines = await engine.call<EnginePorts>('listen');
    for (const peer of options.peers) running.push(await PeerProcess.start(peer, engines));
    const shared = { engines, engine, load, scale: options.scale };
    for (const peer of running) {
      const { warmUps } = options.program;
      const scale = { ...options.scale, seconds: options.warmUp / Math.max(1, warmUps.length) };
      if (options.warmUp > 0) await warmUp({ ...shared, scale, running: peer }, warmUps);
    }
    for (const workload of selectWorkloads(options.program.workloads, options.only))
      for (let round = 0; round < options.rounds; round++)
        for (const peer of rotate(running, round)) {
          if (peer.peer.skip.includes(workload.name)) continue;
          const cell = cellOf(report, workload, peer.peer.name);
          await runCell({ ...shared, running: peer }, workload, cell);
          say(`${workload.name} ${round + 1}/${options.rounds} ${describeRound(cell, round)}`);
        }
  } finally {
    await Promise.all(running.map((peer) => peer.stop()));
    engine.stop();
    load.stop();
  }
  takeMedians(report);
  return report;
}

/** A peer that fails here fails again where it is measured, and is noted there. */
async function warmUp(cell: Cell, workloads: readonly Workload[]): Promise<void> {
  for (const workload of workloads) {
    if (!cell.running.peer.skip.includes(workload.name))
      await workload.run(cell).catch(() => undefined);
  }
}

async function runCell(cell: Cell, workload: Workload, result: CellResult): Promise<void> {
  const round = (result.rounds[workload.metrics[0]?.key ?? ''] ?? []).length + 1;
  const note = (problem: string): void => void result.problems.push(`round ${round}: ${problem}`);
  let values: Record<string, number> = {};
  try {
    const measured = await workload.run(cell);
    ({ values } = measured);
    for (const problem of measured.problems) note(problem);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    await cell.load.call('clearStreams');
    await pause(AFTER_FAILURE_MS);
  }
  for (const { key } of workload.metrics) (result.rounds[key] ??= []).push(values[key] ?? NaN);
}

function cellOf(report: BenchReport, workload: Workload, peer: string): CellResult {
  const known = report.results.find(
    (cell) => cell.workload === workload.name && cell.peer === peer,
  );
  if (known) return known;
  const cell = { workload: workload.name, peer, rounds: {}, medians: {}, problems: [] };
  report.results.push(cell);
  return cell;
}

function describeRound(cell: CellResult, round: number): string {
  const values = Object.entries(cell.rounds).map(
    ([key, rounds]) => `${key}=${rounds[round]?.toFixed(2) ?? '–'}`,
  );
  const start = `round ${round + 1}: `;
  const problems = cell.problems.filter((problem) => problem.startsWith(start));
  return [cell.peer, ...values, ...problems.map((problem) => `! ${problem}`)].join(' ');
}

/** The list, begun at another place each round, so that no peer always follows the same one. */
function rotate<T>(list: readonly T[], by: number): T[] {
  const at = by % Math.max(1, list.length);
  return [...list.slice(at), ...list.slice(0, at)];
}

function emptyReport(options: BenchOptions): BenchReport {
  return {
    machine: describeMachine(),
    settings: {
      rounds: options.rounds,
      quick: options.quick,
      seconds: options.scale.seconds,
      warmUp: options.warmUp,
    },
    base: options.base,
    peers: options.peers.map(({ name, command }) => ({ name, command: command?.join(' ') ?? '' })),
    workloads: selectWorkloads(options.program.workloads, options.only).map(
      ({ name, title, metrics }) => ({
        name,
        title,
        metrics,
      }),
    ),
    results: [],
  };
}
