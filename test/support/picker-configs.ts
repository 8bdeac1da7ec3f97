/** Configurations as operators of llm-d have them, written anew. */

const HEAD = 'apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n';
const OLD_HEAD = 'apiVersion: inference.networking.x-k8s.io/v1alpha1\nkind: EndpointPickerConfig\n';

/** @param rest of the document behind apiVersion and kind */
export function pickerConfig(rest: string): string {
  return HEAD + rest;
}

/** Prefill and decode on different servers; what is cached already is not prefilled elsewhere. */
export const PREFILL_DECODE = pickerConfig(`
plugins:
- type: disagg-headers-handler
- type: prefix-based-pd-decider
  parameters:
    nonCachedTokens: 256
- type: disagg-profile-handler
  parameters:
    deciders:
      prefill: prefix-based-pd-decider
- type: prefill-filter
- type: decode-filter
- type: prefix-cache-scorer
- type: queue-scorer
- type: kv-cache-utilization-scorer
- type: active-request-scorer
- type: max-score-picker
schedulingProfiles:
- name: prefill
  plugins:
  - pluginRef: prefill-filter
  - pluginRef: prefix-cache-scorer
    weight: 3
  - pluginRef: queue-scorer
    weight: 2
  - pluginRef: kv-cache-utilization-scorer
    weight: 2
- name: decode
  plugins:
  - pluginRef: decode-filter
  - pluginRef: prefix-cache-scorer
    weight: 3
  - pluginRef: active-request-scorer
    weight: 2
  - pluginRef: max-score-picker
`);

/** The same of an older release: the old group, roles by a label of one's own, filters under names that are types too. */
export const OLD_PREFILL_DECODE = `${OLD_HEAD}
featureGates:
- prepareDataPlugins
plugins:
- type: prefill-header-handler
- type: approx-prefix-cache-producer
  parameters:
    blockSizeTokens: 64
    autoTune: false
- type: disagg-profile-handler
  parameters:
    deciders:
      prefill: prefix-based-pd-decider
- type: prefix-based-pd-decider
  parameters:
    nonCachedTokens: 4
- type: by-label-selector
  name: prefill-filter
  parameters:
    matchLabels:
      inference-role: prefill
- type: by-label
  name: decode-filter
  parameters:
    label: inference-role
    validValues: [decode, both]
    allowsNoLabel: true
- type: load-aware-scorer
  parameters:
    threshold: 10
- type: max-score-picker
schedulingProfiles:
- name: prefill
  plugins:
  - pluginRef: prefill-filter
  - pluginRef: load-aware-scorer
    weight: 10
  - pluginRef: max-score-picker
- name: decode
  plugins:
  - pluginRef: decode-filter
  - pluginRef: load-aware-scorer
    weight: 10
  - pluginRef: max-score-picker
`;

/** One pool whose servers' prefix caches are made use of, with the servers' metrics and two parsers. */
export const PREFIX_CACHING = pickerConfig(`
featureGates:
- haPopulateNonLeaderDatastore=false
plugins:
- type: openai-parser
- type: anthropic-parser
- type: passthrough-parser
- name: prefixes
  type: approx-prefix-cache-producer
  parameters:
    autoTune: false
    blockSizeTokens: 64
    maxPrefixBlocksToMatch: 256
    lruCapacityPerServer: 31250
- name: by-prefix
  type: prefix-cache-scorer
  parameters:
    prefixMatchInfoProducerName: prefixes
- type: no-hit-lru-scorer
- type: queue-scorer
- type: kv-cache-utilization-scorer
- name: few
  type: max-score-picker
  parameters:
    maxNumOfEndpoints: 2
- type: single-profile-handler
- type: metrics-data-source
  parameters:
    interval: 100ms
- type: core-metrics-extractor
  parameters:
    defaultEngine: sglang
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: by-prefix
    weight: 3
  - pluginRef: no-hit-lru-scorer
    weight: 1.5
  - pluginRef: queue-scorer
  - pluginRef: kv-cache-utilization-scorer
  - pluginRef: few
dataLayer:
  sources:
  - pluginRef: metrics-data-source
    extractors:
    - pluginRef: core-metrics-extractor
requestHandler:
  parsers:
  - pluginRef: openai-parser
  - pluginRef: passthrough-parser
  - pluginRef: anthropic-parser
`);

/** Routing by what servers say that they have cached; notes of endpoints go to the producer by a source of their own. */
export const PRECISE_PREFIX_CACHING = pickerConfig(`
plugins:
- type: token-producer
  parameters:
    modelName: a-model
    vllm:
      url: http://localhost:8000
- type: endpoint-notification-source
- type: metrics-data-source
- type: core-metrics-extractor
- type: decode-filter
- type: precise-prefix-cache-producer
  parameters:
    tokenProcessorConfig:
      blockSize: 64
    kvEventsConfig:
      topicFilter: "kv@"
      discoverPods: true
      podDiscoveryConfig:
        socketPort: 5557
- type: prefix-cache-scorer
  parameters:
    prefixMatchInfoProducerName: precise-prefix-cache-producer
- type: kv-cache-utilization-scorer
- type: queue-scorer
- type: max-score-picker
dataLayer:
  sources:
  - pluginRef: metrics-data-source
    extractors:
    - pluginRef: core-metrics-extractor
  - pluginRef: endpoint-notification-source
    extractors:
    - pluginRef: precise-prefix-cache-producer
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: decode-filter
  - pluginRef: prefix-cache-scorer
    weight: 2
  - pluginRef: kv-cache-utilization-scorer
  - pluginRef: queue-scorer
  - pluginRef: max-score-picker
`);

/** What an operator of Kubernetes has made for prefill and decode with an early release. */
export const EARLY_PREFILL_DECODE = `${OLD_HEAD}
plugins:
- type: prefill-header-handler
- type: prefill-filter
- type: decode-filter
- type: max-score-picker
- type: prefix-cache-scorer
- type: queue-scorer
- type: pd-profile-handler
  parameters:
    threshold: 0
schedulingProfiles:
- name: prefill
  plugins:
  - pluginRef: prefill-filter
  - pluginRef: queue-scorer
    weight: 1.0
  - pluginRef: max-score-picker
- name: decode
  plugins:
  - pluginRef: decode-filter
  - pluginRef: queue-scorer
    weight: 1.0
  - pluginRef: max-score-picker
`;

/** As few plugins as can be: the filter keeps to warm caches, the scorer counts tokens in flight. */
export const WARM_CACHES = pickerConfig(`
plugins:
- type: approx-prefix-cache-producer
- type: inflight-load-producer
- type: prefix-cache-affinity-filter
- type: token-load-scorer
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: prefix-cache-affinity-filter
  - pluginRef: token-load-scorer
`);

/** Priorities whose ceilings follow the load. */
export const SOFT_CEILINGS = pickerConfig(`
featureGates:
- flowControl
plugins:
- type: queue-scorer
- type: soft-reflective-ceiling-policy
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: queue-scorer
    weight: 2.0
flowControl:
  usageLimitPolicyPluginRef: soft-reflective-ceiling-policy
`);
