import { parseArgs } from 'node:util';
import { type Peer, splitCommand, withPolicy } from './peers/peer.js';
import { type Program, PROGRAMS } from './programs.js';
import type { Scale } from './workloads/workload.js';

/** What one run of the bench does. */
export interface BenchOptions {
  help: boolean;
  program: Program;
  peers: Peer[];
  /** The peer that ratios are against. */
  base: string;
  only: string[];
  rounds: number;
  quick: boolean;
  /** Seconds of load that each peer gets before anything is measured. */
  warmUp: number;
  scale: Scale;
  /** Where the figures are kept; undefined for the usual place. */
  json?: string;
}

/** Text of `--help`. */
export const HELP = `Usage: npm run bench -- [OPTION ...]

Measures Tandem's sidecar and any other P/D proxy side by side, or Tandem's router and any other one, or its picker
and any other endpoint picker: every
workload runs against one peer after the other, round by round, and the table shows medians and ratios.

  --program NAME          ${Object.keys(PROGRAMS).join(', ')} (default sidecar)
  --peer NAME=COMMAND     a further program; {port}, {decoder}, {prefiller}, {metrics} become port numbers, the
                          word {workers} the URLs of the engines that a router spreads over; of pickers
                          {port}, {health} and {metrics} become port numbers, {config} and {endpoints} the
                          files of an EndpointPickerConfig with file-discovery and of its endpoints; they
                          speak plain text, and are started for each cell
  --policy NAME           of routers: what {policy} in their commands becomes (default round_robin)
  --peer-option NAME.KEY=VALUE
                          prefill-header=HEADER  names the prefiller (default x-prefiller-host-port;
                                                 empty: the program chooses by itself)
                          health=PATH            answers 200 when it serves (default /health; routers
                                                 /readiness)
                          skip=WORKLOAD          leaves a workload out
  --builtin LIST          ${Object.keys(PROGRAMS['sidecar']!.builtin).join(', ')}: which of them to measure (default all; none for none)
  --base NAME             the peer that ratios are against (default the first one)
  --only LIST             workloads, or beginnings of their names
${namesOf('sidecar')}
${namesOf('router')}
${namesOf('picker')}
  --rounds N              rounds (default 5, of pickers 3)
  --quick                 one short round; of pickers, three workloads
  --seconds N             length of a window with a fixed time (default 4, quick 1)
  --warm-up N             seconds of short requests that each peer serves before anything is measured
                          (default 6, quick 2): programs that compile while they run get there late
  --json FILE             where to keep the figures (default .bench/DATE.json)
  --help                  this text

tandem is bin/tandem sidecar or router as built, floor the least work that Node can do for the same requests, and
direct a client that speaks to the engines itself: what a peer "adds" is against direct.
CPU and memory are those of the peer's process tree, read from /proc (Linux).
`;

function namesOf(program: string): string {
  const names = PROGRAMS[program]!.workloads.map(({ name }) => name).join(', ');
  return `                          ${program}: ${names}`;
}

/** Reads the arguments; throws an error with one line for the user when they are wrong. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      program: { type: 'string', default: 'sidecar' },
      policy: { type: 'string', default: 'round_robin' },
      peer: { type: 'string', multiple: true, default: [] },
      'peer-option': { type: 'string', multiple: true, default: [] },
      builtin: { type: 'string' },
      base: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const program = PROGRAMS[values.program];
  if (!program) throw new Error(`--program: no program ${values.program}`);
  const peers = [
    ...values.peer.map((text) => readPeer(program, text)),
    ...readBuiltin(program, values.builtin ?? Object.keys(program.builtin).join()),
  ].map((peer) => withPolicy(peer, values.policy));
  for (const option of values['peer-option']) applyPeerOption(peers, option);
  const base = values.base ?? peers[0]?.name;
  if (base === undefined) throw new Error('no peer: give --peer or --builtin');
  if (!peers.some(({ name }) => name === base)) throw new Error(`--base: no peer ${base}`);
  const only = values.only.flatMap((list) => list.split(',')).filter((name) => name !== '');
  for (const name of only)
    if (!program.workloads.some((workload) => workload.name.startsWith(name)))
      throw new Error(`--only: no workload ${name}`);
  if (quick && only.length === 0) only.push(...(program.quick ?? []));
  const seconds = readNumber('seconds', values.seconds ?? (quick ? '1' : '4'));
  return {
    help: values.help,
    program,
    peers,
    base,
    only,
    rounds: readNumber('rounds', values.rounds ?? (quick ? '1' : String(program.rounds ?? 5))),
    quick,
    warmUp: readWarmUp(values['warm-up'] ?? (quick ? '2' : '6')),
    scale: { seconds, share: quick ? 0.25 : 1 },
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}

function readWarmUp(text: string): number {
  return text === '0' ? 0 : readNumber('warm-up', text);
}

function readPeer(program: Program, text: string): Peer {
  const at = text.indexOf('=');
  const command = splitCommand(text.slice(at + 1));
  if (at < 1 || command.length === 0) throw new Error(`--peer: not NAME=COMMAND: ${text}`);
  return program.peer(text.slice(0, at), command);
}

function readBuiltin({ builtin }: Program, list: string): Peer[] {
  if (list === 'none') return [];
  return list.split(',').map((name) => {
    const make = builtin[name];
    if (!make) throw new Error(`--builtin: no peer ${name}`);
    return make();
  });
}

function applyPeerOption(peers: Peer[], text: string): void {
  const [, name, key, value = ''] = /^([^.=]+)\.([^=]+)=(.*)$/.exec(text) ?? [];
  const peer = peers.find((candidate) => candidate.name === name);
  if (!peer) throw new Error(`--peer-option: not PEER.KEY=VALUE of a known peer: ${text}`);
  if (key === 'prefill-header') peer.prefillHeader = value;
  else if (key === 'health') peer.healthPath = value;
  else if (key === 'skip') peer.skip.push(...value.split(','));
  else throw new Error(`--peer-option: no option ${String(key)}`);
}

function readNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${flag}: not a positive number: ${text}`);
  return number;
}
