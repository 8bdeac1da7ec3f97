import type { SidecarConfig } from '../../src/config/sidecar.config.js';
import { loadConfig } from './sidecar-config.js';
import type { ReceivedRequest } from './fake-engine.js';

/** What these flags make of a sidecar whose prefillers write KV into its decoder, at 127.0.0.1. */
export function writeMode(...flags: string[]): Partial<SidecarConfig> {
  const argv = ['--kv-connector=nixlv2', '--moriio-write-mode', ...flags];
  const env = { POD_IP: '127.0.0.1' };
  const { config } = loadConfig({ argv, env });
  const { kvConnector, allowedConnectors, connectorSettings, podIp, decodeChunkSize } = config;
  return { kvConnector, allowedConnectors, connectorSettings, podIp: podIp!, decodeChunkSize };
}

/** `kv_transfer_params` of a leg as an engine got it. */
export function kvParamsOf({ body }: Pick<ReceivedRequest, 'body'>): Record<string, unknown> {
  const { kv_transfer_params: params } = JSON.parse(body.toString()) as {
    kv_transfer_params: Record<string, unknown>;
  };
  return params;
}

/** What vLLM's MoRIIOConnector answers to a prefill under this id. */
export function answeredParams(transferId: unknown, rank = 0): object {
  return {
    do_remote_prefill: true,
    do_remote_decode: false,
    remote_block_ids: [[1, 2]],
    remote_engine_id: '127.0.0.1:6301',
    remote_host: '127.0.0.1',
    remote_handshake_port: '6301',
    remote_notify_port: 61005,
    remote_dp_rank: rank,
    remote_dp_rank_override: true,
    remote_dp_size: 1,
    remote_dp_size_local: 1,
    tp_size: 1,
    transfer_id: transferId,
  };
}
