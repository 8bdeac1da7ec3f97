import { GenerationError } from '../engine/engine-error.js';
import { MalformedParams } from './transfer-params.js';

/** A prefill that pushes its KV to a decoder, once that has said where to. */
export interface MoriioPrefill {
  readonly side: 'prefill';
  readonly id: string;
  readonly decoder: MoriioPeer;
}

/** A decode that lets a prefiller push KV here. */
export interface MoriioDecode {
  readonly side: 'decode';
  readonly id: string;
  readonly prefiller: MoriioPeer;
  /** The prefiller's rank, as all its pods count. */
  readonly rank: number;
  /** The rank, as all pods of this side count, that tells the prefiller; undefined: whichever got the request. */
  readonly teller: number | undefined;
}

/** How engines of the other side are reached. */
export interface MoriioPeer {
  readonly host: string;
  /** By number of pod, where there are several. */
  readonly hosts: readonly string[];
  readonly notifyPort: number;
  readonly handshakePort: number;
  /** Ranks in a pod; 0: all of them. */
  readonly sizeLocal: number;
}

export type MoriioRequest = MoriioPrefill | MoriioDecode;

const NOTIFY = 'remote_notify_port';
const HANDSHAKE = 'remote_handshake_port';

type Params = Readonly<Record<string, unknown>>;

/**
 * Reads `kv_transfer_params` as vLLM's MoRIIOConnector does in WRITE mode.
 *
 * @returns undefined when no transfer is asked for
 * @throws MalformedParams for what vLLM's engine core ends over; GenerationError for a transfer id that is none
 */
export function moriioOf(params: Params | undefined): MoriioRequest | undefined {
  if (!params) return undefined;
  if (params['do_remote_decode'] === true) {
    for (const key of ['remote_block_ids', 'remote_engine_id']) {
      if (!(key in params)) throw new MalformedParams(`KeyError: '${key}'`, 'once');
    }
    return { side: 'prefill', id: idOf(params), decoder: peerOf(params, NOTIFY, HANDSHAKE) };
  }
  if (params['do_remote_prefill'] !== true) return undefined;
  const rank = Number(params['remote_dp_rank'] ?? 0);
  const isPinned = params['remote_dp_rank_override'] === true;
  const isLeader = params['is_request_leader'] === true;
  return {
    side: 'decode',
    id: idOf(params),
    prefiller: peerOf(params, NOTIFY),
    rank,
    teller: isLeader ? undefined : isPinned ? rank : 0,
  };
}

/** Without one vLLM makes one up of the request's own id, which the other engine does not know, and waits in vain. */
function idOf(params: Params): string {
  const id = params['transfer_id'];
  if (typeof id === 'string' && id.startsWith('tx')) return id;
  throw new GenerationError(`transfer_id ${JSON.stringify(id)}: no other engine knows it`);
}

function peerOf(params: Params, ...ports: readonly string[]): MoriioPeer {
  const host = params['remote_host'];
  const missing = ports.filter((name) => !(Number(params[name]) > 0));
  if (typeof host !== 'string' || host === '' || missing.length > 0) {
    throw new MalformedParams(`ValueError: need remote_host, ${ports.join(', ')}`, 'once');
  }
  const size = Number(params['remote_dp_size'] ?? 1);
  return {
    host,
    hosts: (params['remote_hosts'] ?? []) as readonly string[],
    notifyPort: Number(params['remote_notify_port']),
    handshakePort: Number(params['remote_handshake_port']),
    sizeLocal: Math.min(size, Number(params['remote_dp_size_local'] ?? size) || size),
  };
}

/** @returns where the pod with this rank is, and the rank as that pod counts */
export function podOf(peer: MoriioPeer, rank: number): { host: string; rank: number } {
  const { host, hosts, sizeLocal } = peer;
  if (sizeLocal === 0) return { host, rank };
  return { host: hosts[Math.floor(rank / sizeLocal)] ?? host, rank: rank % sizeLocal };
}
