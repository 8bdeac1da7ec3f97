/** Values of `--kv-connector` that mean another one: vllm-router calls vLLM's NixlConnector so. */
const MEANT: Readonly<Record<string, string>> = { nixl: 'nixlv2' };

/** Values of the router's `--kv-connector`, the default first. */
export const PAIR_CONNECTOR_NAMES = [
  'nixl',
  'nixlv2',
  'sglang',
  'mooncake',
  'moriio',
  'p2pnccl',
  'offloading',
  'shared-storage',
  'lmcache',
] as const;

/** @returns the name of the connector that is meant */
export function meantConnector(spelled: string): string {
  return MEANT[spelled] ?? spelled;
}
