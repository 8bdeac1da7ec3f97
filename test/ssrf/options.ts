import { parseArgs } from 'node:util';

export const PARTS = ['cases', 'corpus', 'values', 'cost', 'exits', 'deletes', 'relists'] as const;
export type PartName = (typeof PARTS)[number];

/** What one run does. */
export interface SsrfOptions {
  readonly help: boolean;
  /** A file of further cases. */
  readonly corpus: string | undefined;
  readonly parts: ReadonlySet<PartName>;
  /** Generated header values. */
  readonly values: number;
  /** Deletions of a pod. */
  readonly deletes: number;
  readonly relists: number;
  /** Leaves out most cases that need a cluster of their own. */
  readonly quick: boolean;
  readonly seed: number;
  /** Where the figures are kept; undefined: nowhere. */
  readonly json: string | undefined;
}

const FULL = { values: 100_000, deletes: 50, relists: 500 };
const QUICK = { values: 10_000, deletes: 5, relists: 12 };

/** The rest waits, mostly. */
const QUICK_PARTS: readonly PartName[] = ['cases', 'corpus', 'values', 'cost', 'deletes'];

/** Text of `--help`. */
export const HELP = `Usage: npm run test:ssrf -- [OPTION ...]

Asks the built sidecar, a process of its own with SSRF protection, for hosts that it may and may not
reach, and counts at every host of the rig whether it was connected to. About 3 minutes.

  --corpus FILE   plays further cases, from a JSON file
  --only LIST     parts: ${PARTS.join(', ')}
  --values N      generated header values (default ${FULL.values})
  --quick         less of everything, without ${PARTS.filter((part) => !QUICK_PARTS.includes(part)).join(' and ')}: half a minute
  --seed N        begins the same sequence of values again (default: from the clock)
  --json FILE     keeps the figures
  --help          this text

Exit code 0 when every goal is met, else 1.
`;

/**
 * Reads the command line.
 *
 * @throws Error with one line for the user
 */
export function readOptions(args: string[]): SsrfOptions {
  const { values } = parseArgs({
    args,
    options: {
      corpus: { type: 'string' },
      only: { type: 'string' },
      values: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const usual = values.quick ? QUICK : FULL;
  const usualParts = values.quick ? QUICK_PARTS : PARTS;
  const only = (values.only ?? usualParts.join()).split(',').filter((name) => name !== '');
  const unknown = only.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--only: no part "${unknown}", see --help`);
  return {
    help: values.help,
    corpus: values.corpus,
    parts: new Set(only as PartName[]),
    ...usual,
    quick: values.quick,
    values: number('values', values.values, usual.values),
    seed: number('seed', values.seed, Date.now() % 0xffff_ffff),
    json: values.json,
  };
}

function number(flag: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (!/^\d+$/.test(text) || Number(text) === 0) {
    throw new Error(`--${flag}: a whole number above 0, not "${text}"`);
  }
  return Number(text);
}
