import { parseArgs } from 'node:util';

/** The programs that clients can talk to. */
export type Through = 'sidecar' | 'router';

/** What one run checks. */
export interface Options {
  readonly help: boolean;
  readonly through: Through;
  /** Engines that run already; undefined: simulators are started. */
  readonly engines: { readonly prefill: URL; readonly decode: URL } | undefined;
  /** The model's name; undefined: the first one that the decoder lists. */
  readonly model: string | undefined;
  /** Parts of names of clients and checks; nothing given means all. */
  readonly only: readonly string[];
}

/** Text of `--help`. */
export const HELP = `Usage: npm run test:clients -- [OPTION ...]

Runs the official OpenAI and Anthropic clients for Node and Python, unchanged, against bin/tandem
sidecar, or bin/tandem router, in front of a prefiller and a decoder. Needs python3 with venv and pip.

  --prefill-url URL   a prefiller that runs already (default a simulator; env CLIENTS_PREFILL_URL)
  --decode-url URL    the decoder that runs beside it, on this machine (env CLIENTS_DECODE_URL)
  --model NAME        the model (default the first one that the decoder lists; env CLIENTS_MODEL)
  --through PROGRAM   sidecar or router (default sidecar)
  --only TEXT         only clients or checks whose name contains it; may be repeated
  --help              this text

Exit code 0 when every check passed, else 1.
`;

/**
 * @throws Error with one line for the user when an argument is wrong
 */
export function readOptions(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Options {
  const { values } = parseArgs({
    args,
    options: {
      'prefill-url': { type: 'string' },
      'decode-url': { type: 'string' },
      model: { type: 'string' },
      through: { type: 'string', default: 'sidecar' },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const prefill = values['prefill-url'] ?? env['CLIENTS_PREFILL_URL'];
  const decode = values['decode-url'] ?? env['CLIENTS_DECODE_URL'];
  if ((prefill === undefined) !== (decode === undefined)) {
    throw new Error('give both --prefill-url and --decode-url, or neither');
  }
  const { help, only, through, model = env['CLIENTS_MODEL'] } = values;
  if (through !== 'sidecar' && through !== 'router') {
    throw new Error(`--through: ${through} is neither sidecar nor router`);
  }
  if (prefill === undefined || decode === undefined) {
    return { help, through, only, model, engines: undefined };
  }
  const engines = {
    prefill: engineUrl('--prefill-url', prefill),
    decode: engineUrl('--decode-url', decode),
  };
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(engines.decode.hostname)) {
    throw new Error('--decode-url: the sidecar dials its decoder on this machine: use 127.0.0.1');
  }
  return { help, through, only, model, engines };
}

function engineUrl(flag: string, text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || url.port === '') {
    throw new Error(`${flag}: ${text} is not a URL like http://127.0.0.1:8100`);
  }
  return url;
}
