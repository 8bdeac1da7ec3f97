/** Routing logics of vLLM's router with Envoy's external processing, each as a picker of a ready-made profile. */
const ROUTING_LOGICS: Readonly<Record<string, object>> = {
  round_robin: { policy: 'round_robin' },
  least_outstanding_requests: { policy: 'least_load' },
  session_aware: { policy: 'consistent_hash', withoutSession: 'least_load' },
  // 512 characters are 8 blocks of a KV cache, nearly.
  prefix_aware: { policy: 'cache_aware', shortTextLength: 512 },
};

/** Those that have a name of their own, the one that is used where none is named first. */
export const ROUTING_LOGIC_NAMES: readonly string[] = Object.keys(ROUTING_LOGICS);

/**
 * @param logic one of {@link ROUTING_LOGIC_NAMES}, or a policy of the router
 * @returns an EndpointPickerConfig, to be loaded: hosts are candidates without any metrics of theirs
 */
export function routingLogicConfig(logic: string): string {
  return JSON.stringify({
    apiVersion: 'llm-d.ai/v1alpha1',
    kind: 'EndpointPickerConfig',
    plugins: [
      {
        name: logic,
        type: 'router-policy',
        parameters: ROUTING_LOGICS[logic] ?? { policy: logic },
      },
    ],
    schedulingProfiles: [{ name: 'default', plugins: [{ pluginRef: logic }] }],
    dataLayer: { injectDefaults: false },
  });
}
