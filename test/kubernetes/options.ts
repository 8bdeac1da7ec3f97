import { parseArgs } from 'node:util';

/** What one run does. */
export interface Options {
  readonly help: boolean;
  /** The fake API server even where a real one is found. */
  readonly fake: boolean;
  /** Parts of names of scenarios; none means all. */
  readonly only: readonly string[];
  /** Seconds that the long outage lasts. */
  readonly outage: number;
  /** Where the results go; undefined: a file of the day under .bench. */
  readonly json: string | undefined;
}

/** Text of `--help`. */
export const HELP = `Usage: npm run test:kubernetes -- [OPTION ...]

Runs bin/tandem sidecar with SSRF protection, and bin/tandem router with discovery, against a
Kubernetes API server to which everything happens that happens to API servers. A real kube-apiserver and etcd are started on loopback where
KUBEBUILDER_ASSETS, TEST_ASSET_KUBE_APISERVER with TEST_ASSET_ETCD, or PATH have them; otherwise
the fake one in memory is used. REQUIRE_K8S=1 in the environment: fail where there is no real one.

  --fake            the fake API server, in any case
  --only TEXT       only scenarios whose name contains it; may be repeated
  --outage SECONDS  how long the long outage lasts (default 30)
  --json FILE       where the results go (default .bench/kubernetes-DATE.json)
  --help            this text

Exit code 0 when every scenario passed, else 1.
`;

/** @throws Error with one line for the user when an argument is wrong */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      fake: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      outage: { type: 'string', default: '30' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const outage = Number(values.outage);
  if (!(outage > 0)) throw new Error(`--outage: ${values.outage} is no number of seconds`);
  const { help, fake, only, json } = values;
  return { help, fake, only, outage, json };
}
