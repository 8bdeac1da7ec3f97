import { parseArgs } from 'node:util';
import { SIDECAR_PEERS } from '../peers/builtin.js';
import { type Peer, splitCommand } from '../peers/peer.js';
import { readOptions as readBenchOptions } from '../options.js';
import type { Scale } from '../workloads/workload.js';
import type { Curve } from './curve.js';
import { CURVES } from './curves/list.js';

/** A program under test, and what it is told besides for a curve. */
export interface GrowthPeer {
  readonly peer: Peer;
  readonly args: Readonly<Record<string, readonly string[]>>;
  /** Gets the arguments that a curve has for Tandem. */
  readonly isTandem: boolean;
}

/** What one run does. */
export interface GrowthOptions {
  readonly help: boolean;
  readonly peers: readonly GrowthPeer[];
  readonly curves: readonly Curve[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly scale: Scale;
  readonly svgFolder: string | undefined;
  readonly json: string | undefined;
  /** A file of figures that are shown again instead of measured. */
  readonly from: string | undefined;
  /** As it was typed, for the pictures. */
  readonly command: string;
}

/** Text of `--help`. */
export const HELP = `Usage: npm run bench:growth -- [OPTION ...]

Measures what Tandem's sidecar costs as the work grows, beside the floor and any other program, and draws the curves.
Every point is measured in a fresh process. Exponents say how a cost grows: total = a · size^b. One above 1.15, and
by 0.1 above that of the floor, grows faster than the work.

  --only LIST             curves: ${CURVES.map(({ name }) => name).join(', ')} (default all)
  --peer NAME=COMMAND, --peer-option NAME.KEY=VALUE, --builtin LIST
                          as npm run bench has them
  --peer-args NAME.CURVE=ARGUMENTS
                          what a peer is told besides for one curve; {kubeconfig} leads to the API server of allowlist,
                          whose pool is demo/pool. Without such arguments a peer has no part in allowlist
  --rounds N              rounds (default 3)
  --seconds N             length of a window with a fixed time (default 1.5)
  --quick                 one short round over few sizes, which judges nothing
  --svg-dir FOLDER        where the pictures go, growth-CURVE.svg (default: none are drawn)
  --json FILE             where to keep the figures (default .bench/growth-DATE.json)
  --from FILE             shows and draws kept figures again, and measures nothing
  --help                  this text

Exit code 1 when a cost of Tandem grows faster than the work, or a peer did something wrong.
`;

/** Reads the arguments; throws an error with one line for the user when they are wrong. */
export function readOptions(args: string[]): GrowthOptions {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      'peer-option': { type: 'string', multiple: true, default: [] },
      'peer-args': { type: 'string', multiple: true, default: [] },
      builtin: { type: 'string', default: Object.keys(SIDECAR_PEERS).join(',') },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'svg-dir': { type: 'string' },
      json: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const bench = readBenchOptions([
    ...values.peer.flatMap((peer) => ['--peer', peer]),
    ...values['peer-option'].flatMap((option) => ['--peer-option', option]),
    ...['--builtin', values.builtin],
    ...['--rounds', values.rounds ?? (quick ? '1' : '3')],
    ...['--seconds', values.seconds ?? (quick ? '0.5' : '1.5')],
  ]);
  const given = new Set(values.peer.map((peer) => peer.split('=')[0]));
  const peers = bench.peers.map((peer) => ({
    peer,
    args: argsOf(peer.name, values['peer-args']),
    isTandem: peer.name === 'tandem' && !given.has('tandem'),
  }));
  for (const text of values['peer-args']) checkPeerArgs(text, peers);
  return {
    help: values.help,
    peers,
    curves: selectCurves(values.only),
    rounds: bench.rounds,
    quick,
    scale: { seconds: bench.scale.seconds, share: quick ? 0.25 : 1 },
    svgFolder: values['svg-dir'],
    json: values.json,
    from: values.from,
    command: [
      'npm run bench:growth',
      ...(values.only.length > 0 ? ['--', '--only', values.only.join(',')] : []),
    ].join(' '),
  };
}

function selectCurves(lists: readonly string[]): readonly Curve[] {
  const names = lists.flatMap((list) => list.split(',')).filter((name) => name !== '');
  for (const name of names)
    if (!CURVES.some((curve) => curve.name === name)) throw new Error(`--only: no curve ${name}`);
  return names.length === 0 ? CURVES : CURVES.filter(({ name }) => names.includes(name));
}

const PEER_ARGS = /^([^.=]+)\.([^.=]+)=(.*)$/;

function argsOf(peer: string, texts: readonly string[]): Record<string, string[]> {
  const matches = texts.map((text) => PEER_ARGS.exec(text)).filter((match) => match?.[1] === peer);
  return Object.fromEntries(matches.map((match) => [match![2]!, splitCommand(match![3]!)]));
}

function checkPeerArgs(text: string, peers: readonly GrowthPeer[]): void {
  const [, name, curve] = PEER_ARGS.exec(text) ?? [];
  const isKnown =
    peers.some(({ peer }) => peer.name === name) && CURVES.some((one) => one.name === curve);
  if (!isKnown) throw new Error(`--peer-args: not PEER.CURVE=ARGUMENTS of a known peer: ${text}`);
}
