import { describeMachine } from '../machine.js';
import { type EnginePorts, PeerProcess } from '../peers/peer-process.js';
import type { Peer } from '../peers/peer.js';
import { Worker } from '../wire/worker.js';
import type { Curve, Setting } from './curve.js';
import type { GrowthOptions } from './options.js';
import type { CurveResult, GrowthReport, PointResult } from './results.js';

interface Workers {
  readonly engine: Worker;
  readonly load: Worker;
  readonly engines: EnginePorts;
}

interface Turn {
  readonly size: number;
  readonly round: number;
}

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
  return { machine, command, settings, peers: names, curves };
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
    const sizes = options.quick ? curve.quickSizes : curve.sizes;
    for (let round = 0; round < options.rounds; round++)
      for (const size of sizes) {
        const setting = await curve.prepare(size);
        try {
          const turn = { size, round };
          for (const peer of peersFor(curve, setting, options, round)) {
            const values = await takePoint({ engine, load, engines }, peer, turn, {
              curve,
              setting,
              options,
              result,
            });
            say(`${name} ${round + 1}/${options.rounds} ${size} ${peer.name} ${show(values)}`);
          }
        } finally {
          await setting.close();
        }
      }
  } finally {
    engine.stop();
    load.stop();
  }
  return result;
}

interface Context {
  readonly curve: Curve;
  readonly setting: Setting;
  readonly options: GrowthOptions;
  readonly result: CurveResult;
}

async function takePoint(
  workers: Workers,
  peer: Peer,
  { size, round }: Turn,
  { curve, setting, options, result }: Context,
): Promise<Record<string, number>> {
  const note = (problem: string): void =>
    void result.problems.push(`${peer.name}, ${size}, round ${round + 1}: ${problem}`);
  let values: Record<string, number> = {};
  let running: PeerProcess | undefined;
  try {
    running = await PeerProcess.start(peer, workers.engines);
    const { scale } = options;
    const cell = { ...workers, running, scale, setting, isFirst: round === 0 };
    const measured = await curve.measure(cell, size);
    ({ values } = measured);
    for (const problem of measured.problems) note(problem);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    await workers.load.call('clearStreams').catch(() => undefined);
  } finally {
    await running?.stop();
  }
  const point = pointOf(result, peer.name, size);
  for (const { key } of curve.figures) (point.rounds[key] ??= []).push(values[key] ?? Number.NaN);
  return values;
}

/** Those that take part, each with its arguments, begun at another one each round. */
function peersFor(curve: Curve, setting: Setting, { peers }: GrowthOptions, round: number): Peer[] {
  const ready = peers.flatMap(({ peer, args, isTandem }) => {
    const given = args[curve.name];
    const isNeeded = curve.needsArguments && !isTandem && peer.name !== 'floor';
    if (peer.skip.includes(curve.name) || (isNeeded && !given)) return [];
    if (!peer.command) return curve.figures.some(({ added }) => added) ? [peer] : [];
    const words = [...peer.command, ...(isTandem ? setting.flags : []), ...(given ?? [])];
    return [{ ...peer, command: words.map((word) => fill(word, setting.places)) }];
  });
  const at = round % Math.max(1, ready.length);
  return [...ready.slice(at), ...ready.slice(0, at)];
}

function fill(word: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((text, [place, value]) => text.replace(place, value), word);
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
