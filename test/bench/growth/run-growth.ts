import { spawnSync } from 'node:child_process';
import { describeMachine } from '../machine.js';
import { type EnginePorts, PeerProcess } from '../peers/peer-process.js';
import { Worker } from '../wire/worker.js';
import type { Curve } from './curve.js';
import type { GrowthOptions, GrowthPeer } from './options.js';
import type { CurveResult, GrowthReport, PointResult } from './results.js';
import { equip, takingPart } from './taking-part.js';

/** Takes the curves, each point in fresh processes; `say` gets a line for each point as it is measured. */
export async function runGrowth(
  options: GrowthOptions,
  say: (line: string) => void,
): Promise<GrowthReport> {
  const { rounds, quick, scale, peers, command } = options;
  const settings = { rounds, quick, seconds: scale.seconds };
  const names = peers.map(({ peer }) => peer.name);
  const machine = describeMachine();
  const curves: CurveResult[] = [];
  for (const curve of options.curves) curves.push(await takeCurve(curve, options, say));
  return { machine, commit: presentCommit(), command, settings, peers: names, curves };
}

function presentCommit(): string | undefined {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return stdout ? stdout.trim() : undefined;
}

interface Context {
  readonly engine: Worker;
  readonly load: Worker;
  readonly engines: EnginePorts;
  readonly curve: Curve;
  readonly options: GrowthOptions;
  readonly result: CurveResult;
}

async function takeCurve(
  curve: Curve,
  options: GrowthOptions,
  say: (line: string) => void,
): Promise<CurveResult> {
  const { name, title, axis, figures } = curve;
  const result: CurveResult = { name, title, axis, figures, points: [], problems: [] };
  const engine = new Worker(new URL('../engine/main.ts', import.meta.url));
  const load = new Worker(new URL('../load/main.ts', import.meta.url));
  try {
    const engines = await engine.call<EnginePorts>('listen');
    const context: Context = { engine, load, engines, curve, options, result };
    const sizes = options.quick ? curve.quickSizes : curve.sizes;
    for (let round = 0; round < options.rounds; round++)
      for (const size of sizes)
        for (const peer of takingPart(curve, options.peers, round)) {
          const values = await takePoint(context, peer, size, round);
          say(`${name} ${round + 1}/${options.rounds} ${size} ${peer.peer.name} ${show(values)}`);
        }
  } finally {
    engine.stop();
    load.stop();
  }
  return result;
}

async function takePoint(
  context: Context,
  peer: GrowthPeer,
  size: number,
  round: number,
): Promise<Record<string, number>> {
  const { curve, result } = context;
  const note = (problem: string): void =>
    void result.problems.push(`${peer.peer.name}, ${size}, round ${round + 1}: ${problem}`);
  let values: Record<string, number> = {};
  try {
    const measured = await measure(context, peer, size, round);
    ({ values } = measured);
    for (const problem of measured.problems) note(problem);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    await context.load.call('clearStreams').catch(() => undefined);
  }
  const point = pointOf(result, peer.peer.name, size);
  for (const { key } of curve.figures) (point.rounds[key] ??= []).push(values[key] ?? Number.NaN);
  return values;
}

async function measure(
  { curve, engine, load, engines, options }: Context,
  peer: GrowthPeer,
  size: number,
  round: number,
): ReturnType<Curve['measure']> {
  const setting = await curve.prepare(size);
  let running: PeerProcess | undefined;
  try {
    running = await PeerProcess.start(equip(peer, curve, setting), engines);
    const { scale } = options;
    const cell = { engine, load, engines, running, scale, setting, isFirst: round === 0 };
    return await curve.measure(cell, size);
  } finally {
    await running?.stop();
    await setting.close();
  }
}

function pointOf({ points }: CurveResult, peer: string, size: number): PointResult {
  const known = points.find((point) => point.peer === peer && point.size === size);
  if (known) return known;
  const point = { peer, size, rounds: {} };
  points.push(point);
  return point;
}

function show(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value.toPrecision(3)}`)
    .join(' ');
}
