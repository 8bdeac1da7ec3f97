import { parseArgs } from 'node:util';
import { ROUTER_PEERS } from '../../peers/builtin.js';
import { type Peer, routerPeer, splitCommand, withPolicy } from '../../peers/peer.js';
import { SHAPES } from '../generate.js';

/** What one run replays. */
export interface ReplayOptions {
  readonly help: boolean;
  readonly traces: readonly string[];
  readonly policies: readonly string[];
  /** Routers by name, each made for a policy. */
  readonly peers: ReadonlyMap<string, (policy: string) => Peer>;
  readonly workers: number;
  readonly seconds: number;
  readonly speed: number;
  readonly json?: string;
}

const NAMES = [...Object.keys(SHAPES), 'mixed'];

/** Text of `--help`. */
export const HELP = `Usage: npm run bench:affinity -- [OPTION ...]

Sends the same made-up traffic through one router after the other, to engines with prefix caches that take their
time, and says how much of the prompts those had cached and how evenly the work was spread. npm run simulate:policies
does it for Tandem's policies alone, in virtual time.

  --peer NAME=COMMAND  a further router; {port} and {metrics} become port numbers, the word {workers} the URLs of the
                       engines, {policy} the policy
  --policy LIST        (default cache_aware,round_robin)
  --trace LIST         ${NAMES.join(', ')} (default chat,agents)
  --workers N          engines (default 4)
  --seconds N          of traffic (default 120)
  --speed N            how many times as fast it is sent, and engines work (default 8)
  --json FILE          where to keep the figures
  --help               this text
`;

/** Reads the arguments; throws an error with one line for the user when they are wrong. */
export function readOptions(args: string[]): ReplayOptions {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string', multiple: true, default: [] },
      policy: { type: 'string', default: 'cache_aware,round_robin' },
      trace: { type: 'string', default: 'chat,agents' },
      workers: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '120' },
      speed: { type: 'string', default: '8' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const traces = values.trace.split(',');
  for (const trace of traces)
    if (!NAMES.includes(trace)) throw new Error(`--trace: no trace ${trace}`);
  const tandem = (policy: string): Peer => withPolicy(ROUTER_PEERS['tandem']!(), policy);
  return {
    help: values.help,
    traces,
    policies: values.policy.split(','),
    peers: new Map([...values.peer.map(readPeer), ['tandem', tandem]]),
    workers: readCount('workers', values.workers),
    seconds: readCount('seconds', values.seconds),
    speed: readCount('speed', values.speed),
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}

function readPeer(text: string): [string, (policy: string) => Peer] {
  const at = text.indexOf('=');
  const command = splitCommand(text.slice(at + 1));
  if (at < 1 || command.length === 0) throw new Error(`--peer: not NAME=COMMAND: ${text}`);
  const name = text.slice(0, at);
  return [name, (policy) => withPolicy(routerPeer(name, command), policy)];
}

function readCount(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${flag}: no count: ${text}`);
  return number;
}
