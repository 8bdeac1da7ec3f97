import { findMember, readNestedObject, type JsonObject } from '../../openai/json-object.js';
import { spliceNested, type MemberEdit } from '../../openai/json-splice.js';
import { hasPods, type DpWorld } from './dp-rank.js';
import type { MoriioSettings } from './moriio.settings.js';

/** Both legs of one request. */
export interface Transfer {
  /** Shared by both engines, and used once: a prefiller ignores what comes under an id that is done with. */
  readonly id: string;
  /** Within a pod. */
  readonly rank: number;
}

/** `kv_transfer_params` of MoRI-IO in WRITE mode, as vLLM's MoRIIOConnector reads them. */
export class TransferParams {
  readonly world: DpWorld;
  private readonly common: object;

  constructor(private readonly settings: MoriioSettings) {
    const { moriioDpSize, moriioDpSizeLocal, moriioTpSize } = settings;
    this.world = { size: moriioDpSize, sizeLocal: moriioDpSizeLocal };
    this.common = { tp_size: moriioTpSize, remote_dp_size: moriioDpSize };
  }

  /**
   * Where the prefiller writes to.
   *
   * @param host of this pod
   * @param hosts all decode pods, in the order of ranks
   * @param source where a part of the prompt's KV may be pulled from, as JSON
   */
  prefill({ id, rank }: Transfer, host: string, hosts: readonly string[], source?: string): string {
    const { moriioDecodeNotifyPort, moriioDecodeHandshakePort } = this.settings;
    const params = JSON.stringify({
      do_remote_decode: true,
      do_remote_prefill: false,
      remote_engine_id: null,
      remote_block_ids: null,
      remote_host: host,
      remote_port: null,
      remote_notify_port: moriioDecodeNotifyPort,
      remote_dp_rank: rank,
      remote_dp_rank_override: true,
      remote_handshake_port: moriioDecodeHandshakePort,
      transfer_id: id,
      ...this.common,
      ...this.pods(hosts),
    });
    return source === undefined ? params : `${params.slice(0, -1)},"remote_kv_source":${source}}`;
  }

  /**
   * Where the decoder asks for the KV, when no prefiller has said so.
   *
   * @param host of the prefiller
   * @param hosts all prefill pods; of several, ranks within a pod mean nothing but in this prefiller's own
   */
  decode({ id, rank }: Transfer, host: string, hosts: readonly string[]): string {
    const { moriioPrefillNotifyPort, moriioPrefillHandshakePort: handshakePort } = this.settings;
    const isOfPods = hasPods(this.world);
    return JSON.stringify({
      do_remote_prefill: true,
      do_remote_decode: false,
      remote_engine_id: `${host}:${handshakePort}`,
      remote_block_ids: [],
      remote_host: host,
      remote_port: handshakePort,
      remote_notify_port: moriioPrefillNotifyPort,
      remote_dp_rank: rank,
      remote_dp_rank_override: true,
      remote_handshake_port: handshakePort,
      transfer_id: id,
      ...this.common,
      ...this.pods(isOfPods && hosts.length > 0 ? [host] : hosts),
      ...(isOfPods && { is_request_leader: true }),
    });
  }

  /**
   * The same of what the prefiller has answered: every member that it wrote stays as it is, but for the rank.
   *
   * @param rank of the prefill, as all pods count
   */
  complete(answered: JsonObject, id: string, rank: number, hosts: readonly string[]): Buffer {
    const { moriioPrefillNotifyPort, moriioPrefillHandshakePort } = this.settings;
    const edits = new Map<string, MemberEdit>([
      ['remote_dp_rank', String(rank)],
      ['remote_dp_rank_override', 'true'],
    ]);
    // An engine of another pod than rank 0's takes itself for the one that tells the prefiller only when it is told so.
    if (hasPods(this.world)) edits.set('is_request_leader', 'true');
    const missing = {
      transfer_id: id,
      remote_notify_port: moriioPrefillNotifyPort,
      remote_handshake_port: moriioPrefillHandshakePort,
      remote_dp_size: this.world.size,
      ...this.pods(hosts),
    };
    for (const [name, value] of Object.entries(missing)) {
      if (!findMember(answered, name)) edits.set(name, JSON.stringify(value));
    }
    return spliceNested(answered, edits);
  }

  private pods(hosts: readonly string[]): object {
    const { sizeLocal } = this.world;
    return {
      ...(hosts.length > 0 && { remote_hosts: hosts }),
      ...(sizeLocal > 0 && { remote_dp_size_local: sizeLocal }),
    };
  }
}

/** @returns the parameters in a prefiller's answer; undefined where there is no object */
export function paramsIn(answer: JsonObject | undefined): JsonObject | undefined {
  const member = answer && findMember(answer, 'kv_transfer_params');
  return member && readNestedObject(answer, member);
}

/** @returns the rank that a prefiller says it ran on, where there is such a rank */
export function rankIn(answered: JsonObject, { size }: DpWorld): number | undefined {
  const member = findMember(answered, 'remote_dp_rank');
  if (!member) return undefined;
  const text = answered.bytes.toString('latin1', member.valueStart, member.valueEnd);
  const rank = /^\d+$/.test(text) ? Number(text) : size;
  return rank < size ? rank : undefined;
}
