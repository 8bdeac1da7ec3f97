import type { Dialect } from '../picker/setup.js';

/** One program under test. */
export interface Peer {
  name: string;
  /**
   * The command with the placeholders {port}, {decoder}, {prefiller} and {metrics} (port numbers) and the
   * word {workers} (URLs, a word each), for pickers {port}, {health}, {metrics}, {config} and {endpoints}; undefined
   * for `direct`, which has no proxy.
   */
  command?: string[];
  /** Request header that names the prefiller; empty for a router that chooses by itself. */
  prefillHeader: string;
  /** Each request is for one of several equal engines, and not for a pair. */
  routes: boolean;
  /** Path that answers 200 as soon as the peer serves. */
  healthPath: string;
  /** Workloads that the peer is left out of. */
  skip: string[];
  /** Of a picker: whose plugins its configuration may name. A picker is started anew for each cell of the table. */
  dialect?: Dialect;
}

/** Splits a command at blanks; single and double quotes hold a word together. */
export function splitCommand(text: string): string[] {
  const words = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** A peer with the sidecars' conventions. */
export function sidecarPeer(name: string, command?: string[]): Peer {
  return peerOf({ name, prefillHeader: 'x-prefiller-host-port', healthPath: '/health' }, command);
}

/** A peer with the routers' conventions: it chooses by itself, and is ready when its workers are. */
export function routerPeer(name: string, command?: string[]): Peer {
  return peerOf({ name, prefillHeader: '', healthPath: '/readiness', routes: true }, command);
}

/** An endpoint picker; it is ready when it decides. */
export function pickerPeer(
  name: string,
  command?: string[],
  dialect: Dialect = 'llm-d',
): Peer & { dialect: Dialect } {
  return { ...peerOf({ name, prefillHeader: '', healthPath: '' }, command), dialect };
}

function peerOf(
  peer: Pick<Peer, 'name' | 'prefillHeader' | 'healthPath'> & Partial<Peer>,
  command: string[] | undefined,
): Peer {
  return { routes: false, skip: [], ...peer, ...(command ? { command } : {}) };
}

/** The peer, with `{policy}` in its command replaced. */
export function withPolicy(peer: Peer, policy: string): Peer {
  if (!peer.command) return peer;
  return { ...peer, command: peer.command.map((word) => word.replaceAll('{policy}', policy)) };
}
