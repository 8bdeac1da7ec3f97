import { ApiError } from '../http/api-error.js';
import type { TransferRequest } from '../kv/transfer-request.js';
import type { SimulatorConfig } from '../simulator.settings.js';

type Params = Readonly<Record<string, unknown>>;

/**
 * Reads `kv_transfer_params` as vLLM's MooncakeConnector does.
 *
 * @returns undefined when no transfer is asked for
 * @throws ApiError 400 for what vLLM parks for ever (a decode with a member missing), computes without a word (a prefill
 *   without a transfer id) or dies of (an engine of the other side)
 */
export function transferOf(
  params: Params | undefined,
  { kvConnector, role }: Pick<SimulatorConfig, 'kvConnector' | 'role'>,
): TransferRequest | undefined {
  if (kvConnector !== 'mooncake' || !params) return undefined;
  const isDecode = params['do_remote_prefill'] === true;
  const isPrefill = params['do_remote_decode'] === true;
  if (!isDecode && !isPrefill) return undefined;
  if (isDecode && isPrefill) {
    throw ApiError.badRequest('do_remote_prefill and do_remote_decode exclude each other.');
  }
  if (role === (isDecode ? 'prefill' : 'decode')) {
    const leg = isDecode ? 'do_remote_prefill' : 'do_remote_decode';
    throw ApiError.badRequest(`${leg} is not for an engine with --role=${role}.`);
  }
  const id = textOf(params, 'transfer_id');
  if (isPrefill) return { side: 'prefill', id };
  const bootstrap = textOf(params, 'remote_bootstrap_addr');
  if (!/^http:\/\/[^/?#@]+:\d+$/.test(bootstrap) || !URL.canParse(bootstrap)) {
    throw ApiError.badRequest('remote_bootstrap_addr must be http://host:port.');
  }
  return { side: 'decode', id, bootstrap, engineId: textOf(params, 'remote_engine_id') };
}

function textOf(params: Params, name: string): string {
  const value = params[name];
  if (typeof value === 'string' && value !== '') return value;
  throw ApiError.badRequest(`kv_transfer_params needs ${name}, a string that is not empty.`);
}
