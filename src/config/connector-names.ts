/** How prefill and decode hand the KV cache over, in the order of preference in messages. */
export const CONNECTOR_NAMES = ['nixlv2', 'nixl', 'lmcache', 'sglang', 'shared-storage'] as const;
export type ConnectorName = (typeof CONNECTOR_NAMES)[number];

/** Known elsewhere, refused here with a sentence of their own. */
export const PLANNED_CONNECTORS = ['mooncake', 'offloading', 'moriio'] as const;
