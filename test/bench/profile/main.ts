/** `npm run profile`: where the sidecar or the router spends its time. See `--help` and docs/performance.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../machine.js';
import { type EnginePorts, PeerProcess } from '../peers/peer-process.js';
import { alignColumns } from '../report/columns.js';
import { Worker } from '../wire/worker.js';
import { type CallFrame, callTree, type CpuProfile } from './cpu-profile.js';
import { flameSvg } from './flame-svg.js';
import { flameTree } from './flame-tree.js';
import { HELP, type ProfileOptions, readOptions } from './options.js';
import { type Place, placeOf } from './place.js';
import { type Share, sharesBy } from './shares.js';
import { SourceMaps } from './source-maps.js';
import { STEADY_LOADS } from './steady-load.js';
import { ProfiledProgram, ROOT } from './subject.js';

const TOP = 25;

interface Recording {
  readonly profile: CpuProfile;
  /** CPU of the main thread while it was profiled, and of all threads. */
  readonly mainUs: number;
  readonly processUs: number;
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return void process.stdout.write(HELP);
  for (const folder of [options.out, options.svgFolder]) mkdirSync(folder, { recursive: true });
  for (const workload of options.workloads) {
    const file = join(options.out, `${workload}.cpuprofile`);
    const recording = await record(workload, file, options);
    const picture = join(options.svgFolder, `flame-${workload}.svg`);
    const text = report(workload, recording, picture, options);
    process.stdout.write(`${text}\n\nProfile in ${file}, picture in ${picture}\n\n`);
  }
}

async function record(name: string, file: string, options: ProfileOptions): Promise<Recording> {
  const program = new ProfiledProgram(options.program, file, options.args);
  const engine = new Worker(new URL('../engine/main.ts', import.meta.url));
  const load = new Worker(new URL('../load/main.ts', import.meta.url));
  let running: PeerProcess | undefined;
  try {
    running = await PeerProcess.start(program.peer, await engine.call<EnginePorts>('listen'));
    const around = { engine, load, target: running.target };
    const run = STEADY_LOADS[name]!;
    await run(around, options.warmUp);
    program.start();
    const used = { main: program.mainThreadUs(), all: running.usage()?.cpuUs ?? Number.NaN };
    await run(around, options.seconds);
    const mainUs = program.mainThreadUs() - used.main;
    const processUs = (running.usage()?.cpuUs ?? Number.NaN) - used.all;
    return { profile: await program.stop(), mainUs, processUs };
  } finally {
    engine.stop();
    load.stop();
    await running?.stop();
  }
}

function report(
  workload: string,
  { profile, mainUs, processUs }: Recording,
  picture: string,
  options: ProfileOptions,
): string {
  const tree = callTree(profile);
  const maps = new SourceMaps(ROOT);
  const places = new Map<CallFrame, Place>();
  const locate = (frame: CallFrame): Place => {
    let place = places.get(frame);
    place ??= placeOf(frame.functionName, maps.positionOf(frame));
    places.set(frame, place);
    return place;
  };
  const { date, cpu, cores, node } = describeMachine();
  const caption = {
    title: `Where the ${options.program}'s time goes: ${workload}`,
    lines: [
      `${date.slice(0, 10)} · ${cpu}, ${cores} cores · node ${node}${options.note && ` · ${options.note}`} · npm run profile -- --program ${options.program} --workload ${workload}`,
    ],
  };
  writeFileSync(picture, flameSvg(flameTree(tree, locate, options.fold), caption));
  const groups = sharesBy(tree, locate, ({ group }) => group);
  const functions = sharesBy(tree, locate, ({ name, at }) => (at === '' ? name : `${name} ${at}`));
  const busyUs = groups.reduce((sum, { selfUs }) => sum + selfUs, 0);
  return [
    `${workload}: in ${options.seconds} s the main thread used ${seconds(mainUs)} s of CPU, the other threads (compiler, collector) ${seconds(processUs - mainUs)} s; sampled ${seconds(busyUs)} s`,
    '',
    ...table('group', groups, busyUs),
    '',
    ...table('function, by its own time', functions.slice(0, TOP), busyUs),
  ].join('\n');
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(2);
}

function table(head: string, shares: readonly Share[], wholeUs: number): string[] {
  const rows = shares.map(({ label, selfUs }) => [
    label,
    `${((selfUs / wholeUs) * 100).toFixed(1)} %`,
  ]);
  return alignColumns([[head, 'self'], ...rows]);
}

// The program is ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`profile: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
