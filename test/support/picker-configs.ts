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
