import { ApiError } from '../http/api-error.js';
import type { Peer, PeerParams } from '../kv/peer-params.js';

type Params = Readonly<Record<string, unknown>>;

/**
 * Reads with whom a request shares its KV (vLLM's `v1/kv_offload/tiering/p2p`). Where vLLM computes the prompt itself
 * because a part is missing, and says nothing, this refuses.
 *
 * @param params the request's `kv_transfer_params`
 * @returns undefined when it names no peer
 * @throws ApiError 400 for what is missing, of another type, or too much
 */
export function peersOf(params: Params | undefined): PeerParams | undefined {
  const decoder = roleOf(params, 'remote_decoder');
  const prefiller = roleOf(params, 'remote_prefiller');
  const source = roleOf(params, 'remote_kv_source');
  if (prefiller && (decoder ?? source)) {
    throw refused('remote_prefiller', 'goes with no other role: the decoder fetches from one peer');
  }
  if (!decoder && !prefiller && !source) return undefined;
  return {
    decoder: decoder && idOf('remote_decoder', decoder),
    prefiller: prefiller && peerOf('remote_prefiller', prefiller),
    source: source && peerOf('remote_kv_source', source),
  };
}

function roleOf(params: Params | undefined, role: string): Params | undefined {
  const value = params?.[role];
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Params;
  throw refused(role, 'must be an object');
}

function peerOf(role: string, value: Params): Peer {
  const { remote_host: host, remote_port: port } = value;
  if (typeof host !== 'string' || host === '') {
    throw refused(`${role}.remote_host`, 'must be the address of an engine');
  }
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw refused(`${role}.remote_port`, 'must be an integer from 1 to 65535');
  }
  return { requestId: idOf(role, value), host, port: Number(port) };
}

function idOf(role: string, { kv_request_id: id }: Params): string {
  if (typeof id === 'string' && id !== '') return id;
  throw refused(`${role}.kv_request_id`, 'must be a string that names this hand-over');
}

function refused(member: string, what: string): ApiError {
  return ApiError.badRequest(`kv_transfer_params.${member} ${what}.`, 'kv_transfer_params');
}
