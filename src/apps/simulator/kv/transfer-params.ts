import { GenerationError } from '../engine/engine-error.js';

/**
 * `kv_transfer_params` as vLLM 0.32's NIXL connector writes them: the answer to a prefill that asked
 * for a remote decode, handed to the decoder as it is.
 */
export interface HandOverParams {
  readonly do_remote_prefill: boolean;
  readonly do_remote_decode: boolean;
  /** One list of block ids per KV cache group. */
  readonly remote_block_ids: readonly (readonly number[])[];
  readonly remote_engine_id: string;
  readonly remote_request_id: string;
  readonly remote_host: string;
  readonly remote_port: number;
  readonly tp_size: number;
  readonly dcp_size: number;
  readonly pp_size: number;
  readonly remote_num_tokens: number;
  readonly remote_blocks_expiry_time: null;
  readonly transfer_mode: 'pull';
  readonly remote_prefill_cached_tokens?: number;
}

/** Where a decoder pulls from, and what. */
export interface PullTarget {
  readonly engineId: string;
  readonly requestId: string;
  readonly host: string;
  readonly port: number;
  readonly blockIds: readonly number[];
  /** What the prefiller had cached, which a decoder tells its client. */
  readonly cachedTokens: number | undefined;
}

/** Parameters that vLLM does not survive, and when it notices. */
export class MalformedParams extends Error {
  override readonly name = 'MalformedParams';

  constructor(
    message: string,
    readonly diesAt: 'once' | 'abort',
  ) {
    super(message);
  }
}

const NEEDED = ['remote_engine_id', 'remote_request_id', 'remote_host', 'remote_port'] as const;

/**
 * Reads what a decode request carries.
 *
 * @returns undefined when no pull is asked for
 * @throws MalformedParams as vLLM's engine core stumbles over them: it ends at once over missing or
 *   misshaped block ids; it parks a request with a key missing for ever, and ends when that is aborted
 */
export function pullTargetOf(
  params: Readonly<Record<string, unknown>> | undefined,
  blocksNeeded: number,
): PullTarget | undefined {
  if (params?.['do_remote_prefill'] !== true) return undefined;
  const blockIds = blockIdsOf(params['remote_block_ids'], blocksNeeded);
  for (const key of NEEDED) {
    if (!(key in params)) throw new MalformedParams(`KeyError: '${key}'`, 'abort');
  }
  const port = Number(params['remote_port']);
  const host = params['remote_host'];
  if (typeof host !== 'string' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new GenerationError(
      `no side channel at ${String(host)}:${String(params['remote_port'])}`,
    );
  }
  const cached = params['remote_prefill_cached_tokens'];
  return {
    engineId: String(params['remote_engine_id']),
    requestId: String(params['remote_request_id']),
    host,
    port,
    blockIds,
    cachedTokens: typeof cached === 'number' ? cached : undefined,
  };
}

function blockIdsOf(value: unknown, needed: number): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new MalformedParams('AssertionError: num_external_tokens == 0', 'once');
  }
  const group: unknown = value[0];
  if (!Array.isArray(group) || !group.every((id) => Number.isInteger(id))) {
    throw new MalformedParams('TypeError: remote_block_ids is not a list of lists', 'once');
  }
  if (group.length < needed) {
    throw new MalformedParams(
      `AssertionError: ${group.length} remote blocks, ${needed} local`,
      'once',
    );
  }
  return group as number[];
}
