import type { SoakOptions } from './options.js';
import type { Phase, PhaseContext } from './phases/phase.js';
import type { SoakReport, SoakResult } from './report/report.js';
import { describeMachine } from '../bench/machine.js';
import { type Program, sidecar } from './subject/subject.js';

/** Runs the phases, each against every program; `say` gets a line for each as it begins. */
export async function runSoak(
  options: SoakOptions,
  say: (line: string) => void,
): Promise<SoakReport> {
  const { scale, seed, only, phases } = options;
  const report: SoakReport = { machine: describeMachine(), scale, seed, results: [] };
  const programs = [...(options.peersOnly ? [] : [sidecar()]), ...options.peers];
  for (const phase of phases) {
    if (only.length > 0 && !only.includes(phase.name)) continue;
    for (const program of programs) {
      if (phase.tandemOnly && !program.tandem) continue;
      say(`${phase.name}, ${program.name} …`);
      report.results.push(await runPhase(phase, program, options));
    }
  }
  return report;
}

async function runPhase(
  phase: Phase,
  program: Program,
  { scale, seed }: SoakOptions,
): Promise<SoakResult> {
  const context: PhaseContext = {
    tandem: program.tandem,
    program: (flags = []) => (program.tandem ? sidecarWith(flags) : program),
    scale,
    seed,
  };
  const started = performance.now();
  const about = { phase: phase.name, title: phase.title, program: program.name };
  const seconds = (): number => Math.round((performance.now() - started) / 100) / 10;
  try {
    const { figures, problems } = await phase.run(context);
    return { ...about, figures, problems, seconds: seconds() };
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...about, figures: [], problems: [], failure: reason, seconds: seconds() };
  }
}

function sidecarWith(flags: readonly string[]): Program {
  const secure = flags.some((flag) => flag.startsWith('--secure-proxy='));
  return sidecar(secure ? flags : ['--secure-proxy=false', ...flags]);
}
