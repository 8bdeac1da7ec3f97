{{/*
Configurations of the picker by name. None says where model servers are: a pool, a selector or a file does. The filter alive
leaves out servers that have died, before or where Kubernetes does not tell.
*/}}

{{/* The picker's own default, and nobody asks a server that only prefills. */}}
{{- define "tandem.picker.preset.default" -}}
plugins:
  - name: alive
    type: utilization-detector
    parameters: { queueDepthThreshold: 1000000, kvCacheUtilThreshold: 1 }
  - type: decode-filter
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
  - type: prefix-cache-scorer
schedulingProfiles:
  - name: default
    plugins:
      - pluginRef: decode-filter
      - pluginRef: alive
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: kv-cache-utilization-scorer, weight: 2 }
      - { pluginRef: prefix-cache-scorer, weight: 3 }
{{- end -}}

{{/* For long prompts that begin alike: where the beginning is cached, and new ones where nothing new went for longest. */}}
{{- define "tandem.picker.preset.prefix-aware" -}}
plugins:
  - name: alive
    type: utilization-detector
    parameters: { queueDepthThreshold: 1000000, kvCacheUtilThreshold: 1 }
  - type: decode-filter
  - type: prefix-cache-scorer
  - type: no-hit-lru-scorer
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
schedulingProfiles:
  - name: default
    plugins:
      - pluginRef: decode-filter
      - pluginRef: alive
      - { pluginRef: prefix-cache-scorer, weight: 5 }
      - { pluginRef: no-hit-lru-scorer, weight: 2 }
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: kv-cache-utilization-scorer, weight: 1 }
{{- end -}}

{{/* Prefill apart from decode: with a file of endpoints it is config/picker.pd.yaml, which a test compares. */}}
{{- define "tandem.picker.preset.prefill-decode" -}}
plugins:
  - name: alive
    type: utilization-detector
    parameters: { queueDepthThreshold: 1000000, kvCacheUtilThreshold: 1 }
  - type: prefill-filter
  - type: decode-filter
  - type: prefix-cache-scorer
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
  - type: max-score-picker
  - type: always-disagg-pd-decider
  - type: disagg-profile-handler
    parameters:
      deciders:
        prefill: always-disagg-pd-decider
schedulingProfiles:
  - name: prefill
    plugins:
      - pluginRef: prefill-filter
      - pluginRef: alive
      - { pluginRef: prefix-cache-scorer, weight: 3 }
      - { pluginRef: queue-scorer, weight: 2 }
      - pluginRef: max-score-picker
  - name: decode
    plugins:
      - pluginRef: decode-filter
      - pluginRef: alive
      - { pluginRef: prefix-cache-scorer, weight: 3 }
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: kv-cache-utilization-scorer, weight: 2 }
      - pluginRef: max-score-picker
{{- end -}}

{{/* Their names, as a list. */}}
{{- define "tandem.picker.presets" -}}
[default, prefix-aware, prefill-decode]
{{- end -}}
