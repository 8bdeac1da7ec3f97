import { parseArgs } from 'node:util';
import { splitCommand } from '../bench/peers/peer.js';
import { PHASES } from './phases/list.js';
import { STREAMS_PHASE } from './picker/streams.js';
import type { Phase, Scale } from './phases/phase.js';
import type { Program } from './subject/subject.js';

/** What one run does. */
export interface SoakOptions {
  readonly help: boolean;
  /** Phases of the program that is tried. */
  readonly phases: readonly Phase[];
  /** Names of phases; none means all. */
  readonly only: readonly string[];
  readonly scale: Scale;
  /** Programs beside Tandem's sidecar. */
  readonly peers: readonly Program[];
  /** Leaves Tandem's sidecar out. */
  readonly peersOnly: boolean;
  readonly seed: number;
  /** Where the figures are kept; undefined: nowhere. */
  readonly json: string | undefined;
}

const FULL = { share: 1, seconds: 240 };
const QUICK = { share: 0.05, seconds: 12 };

/** By the name of the program. */
const PROGRAMS: Readonly<Record<string, readonly Phase[]>> = {
  sidecar: PHASES,
  picker: [STREAMS_PHASE],
};

/** Text of `--help`. */
export const HELP = `Usage: npm run soak -- [OPTION ...]

Loads Tandem's sidecar, a process of its own between raw TCP engines, with requests of which many go
wrong, and compares what every client and every engine saw. About 8 minutes.

  --program NAME      sidecar, or picker: 20,000 streams of ext_proc that break and leave
  --only LIST         phases: ${PHASES.map(({ name }) => name).join(', ')}
  --quick             everything in small: about a minute
  --seconds N         length of the mixed phase (default ${FULL.seconds})
  --concurrency N     its clients at a time (default 64)
  --seed N            begins the same sequence of requests again (default: from the clock)
  --peer NAME=COMMAND another reverse proxy, to stand beside; {port} and {decoder} become port
                      numbers, {folder} a folder for its files; may be repeated
  --peers-only        leaves the sidecar out
  --json FILE         keeps the figures
  --help              this text

Exit code 0 when the sidecar meets every goal, else 1.
`;

/**
 * Reads the command line.
 *
 * @throws Error with one line for the user
 */
export function readOptions(args: string[]): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      program: { type: 'string', default: 'sidecar' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      concurrency: { type: 'string', default: '64' },
      seed: { type: 'string' },
      peer: { type: 'string', multiple: true, default: [] },
      'peers-only': { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',').filter((name) => name !== '');
  const phases = Object.hasOwn(PROGRAMS, values.program) ? PROGRAMS[values.program]! : undefined;
  if (!phases) throw new Error(`--program: sidecar or picker, not "${values.program}"`);
  const unknown = only.find((name) => !phases.some((phase) => phase.name === name));
  if (unknown !== undefined) throw new Error(`--only: no phase "${unknown}", see --help`);
  const usual = values.quick ? QUICK : FULL;
  return {
    help: values.help,
    phases,
    only,
    scale: {
      share: usual.share,
      seconds: number('seconds', values.seconds, usual.seconds),
      concurrency: number('concurrency', values.concurrency, 64),
    },
    peers: values.peer.map(peerOf),
    peersOnly: values['peers-only'],
    seed: number('seed', values.seed, Date.now() % 0xffff_ffff),
    json: values.json,
  };
}

function peerOf(text: string): Program {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--peer: write NAME=COMMAND, not "${text}"`);
  return { name: text.slice(0, at), command: splitCommand(text.slice(at + 1)), tandem: false };
}

function number(flag: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (!/^\d+$/.test(text) || Number(text) === 0)
    throw new Error(`--${flag}: a whole number above 0, not "${text}"`);
  return Number(text);
}
