import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BENCH_FOLDER } from '../peers/build-floor.js';
import { splitCommand } from '../peers/peer.js';
import { SAMPLE_US } from './cpu-profile.js';
import { STEADY_LOADS } from './steady-load.js';
import { SUBJECTS } from './subject.js';

/** What one run profiles. */
export interface ProfileOptions {
  readonly help: boolean;
  readonly program: keyof typeof SUBJECTS;
  readonly workloads: readonly string[];
  readonly warmUp: number;
  readonly seconds: number;
  readonly fold: number;
  /** Where profiles go, and pictures. */
  readonly out: string;
  readonly svgFolder: string;
  /** Further arguments of the program. */
  readonly args: readonly string[];
  readonly note: string;
}

/** Text of `--help`. */
export const HELP = `Usage: npm run profile -- [OPTION ...]

Loads the sidecar or the router as the bench does, takes a CPU profile of it once it has warmed up, says where the time went, and
draws a flame graph.

  --program NAME     ${Object.keys(SUBJECTS).join(', ')} (default sidecar)
  --workload LIST    ${Object.keys(STEADY_LOADS).join(', ')} (default short)
  --warm-up N        seconds of load before the profile (default 4)
  --seconds N        seconds of the profile (default 8)
  --args TEXT        further arguments of the program, such as --enable-ssrf-protection or --policy=random
  --fold N           per cent below which a frame is not drawn (default 0.3)
  --note TEXT        stands in the picture, beside machine and date
  --out FOLDER       where WORKLOAD.cpuprofile goes (default .bench/profile)
  --svg-dir FOLDER   where flame-WORKLOAD.svg goes (default the same)
  --help             this text

Only the main thread is sampled, every ${SAMPLE_US} µs. Node reads sockets while V8 believes that it sleeps, so reads are
missing: what the main thread used beyond what was sampled is mostly theirs. Chrome and
VS Code open .cpuprofile files. Source lines are those of src, by source maps.
`;

/** Reads the arguments; throws an error with one line for the user when they are wrong. */
export function readOptions(args: string[]): ProfileOptions {
  const { values } = parseArgs({
    args,
    options: {
      program: { type: 'string', default: 'sidecar' },
      workload: { type: 'string', multiple: true, default: ['short'] },
      'warm-up': { type: 'string', default: '4' },
      seconds: { type: 'string', default: '8' },
      args: { type: 'string', default: '' },
      fold: { type: 'string', default: '0.3' },
      note: { type: 'string', default: '' },
      out: { type: 'string', default: join(BENCH_FOLDER, 'profile') },
      'svg-dir': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const workloads = values.workload
    .flatMap((list) => list.split(','))
    .filter((name) => name !== '');
  for (const name of workloads)
    if (!Object.hasOwn(STEADY_LOADS, name)) throw new Error(`--workload: no workload ${name}`);
  const { program } = values;
  if (!isSubject(program)) throw new Error(`--program: no program ${program}`);
  return {
    help: values.help,
    program,
    workloads,
    warmUp: readNumber('warm-up', values['warm-up']),
    seconds: readNumber('seconds', values.seconds),
    fold: readNumber('fold', values.fold) / 100,
    out: values.out,
    svgFolder: values['svg-dir'] ?? values.out,
    args: splitCommand(values.args),
    note: values.note,
  };
}

function isSubject(name: string): name is keyof typeof SUBJECTS {
  return Object.hasOwn(SUBJECTS, name);
}

function readNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${flag}: not a positive number: ${text}`);
  return number;
}
