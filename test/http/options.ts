import { parseArgs } from 'node:util';
import { splitCommand } from '../bench/peers/peer.js';
import type { ProxyCommand } from './proxy/proxy-under-test.js';

/** What one run does. */
export interface HttpOptions {
  readonly help: boolean;
  readonly quick: boolean;
  readonly peers: ProxyCommand[];
  readonly corpora: string[];
  readonly only: string[];
  readonly json: string;
  /** Tells every case that is not ok. */
  readonly verbose: boolean;
}

/** bin/tandem as built: plain HTTP on loopback. */
const TANDEM: ProxyCommand = {
  name: 'tandem',
  words: splitCommand(
    'bin/tandem sidecar --secure-proxy=false --bind-address=127.0.0.1 --port={port} --model-server-port={engine-port} --metrics-port={metrics} --retry-backoff=2ms --prefiller-timeout=500ms --breaker-threshold=0',
  ),
};

/** Text of `--help`. */
export const HELP = `Usage: npm run test:http -- [OPTION ...]

Sends malformed, ambiguous and hostile messages through a proxy and judges by what its engine and other
clients received. Ends with 1 when Tandem's sidecar lets anybody come to harm.

  --quick               telling cases alone, in well under a minute
  --only LIST           suites, or beginnings of their names
  --corpus FILE         adds a public corpus, told by its shape: Http11Probe's or llhttp's as JSON
  --peer NAME=COMMAND   a further proxy; {listen} and {engine} become host:port, {port}, {engine-port} and
                        {metrics} port numbers; test/http/peers/ has commands for nginx, HAProxy and Envoy
  --builtin LIST        tandem, or none (default tandem)
  --json FILE           where to keep the results (default .bench/http.json)
  --verbose             tells every case that is not ok, not only the first ones
  --help                this text
`;

/** @throws Error with one line for the user */
export function readOptions(args: string[]): HttpOptions {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      corpus: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      builtin: { type: 'string', default: 'tandem' },
      json: { type: 'string', default: '.bench/http.json' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!['tandem', 'none'].includes(values.builtin)) {
    throw new Error(`--builtin: neither tandem nor none: ${values.builtin}`);
  }
  const builtin = values.builtin === 'tandem' ? [TANDEM] : [];
  return {
    help: values.help,
    quick: values.quick,
    peers: [...builtin, ...values.peer.map(readPeer)],
    corpora: values.corpus,
    only: values.only.flatMap((list) => list.split(',')).filter((name) => name !== ''),
    json: values.json,
    verbose: values.verbose,
  };
}

function readPeer(text: string): ProxyCommand {
  const at = text.indexOf('=');
  const words = splitCommand(text.slice(at + 1));
  if (at < 1 || words.length === 0) throw new Error(`--peer: not NAME=COMMAND: ${text}`);
  return { name: text.slice(0, at), words };
}
