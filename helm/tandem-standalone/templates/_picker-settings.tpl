{{/*
The settings that a picker runs with, as a map. In: picker (config, tls, ports), own (a map of what the chart sets), drainSeconds.
What the chart sets may not be in picker.config as well.
*/}}
{{- define "tandem-standalone.picker.settings" -}}
{{- $picker := .picker -}}
{{- $own := dict "grpc-port" $picker.ports.grpc "grpc-health-port" $picker.ports.health "metrics-port" $picker.ports.metrics -}}
{{- $_ := set $own "secure-serving" $picker.tls.enabled -}}
{{- if $picker.tls.secretName -}}
{{- $_ := set $own "cert-path" "/etc/tandem/tls" -}}
{{- $_ := set $own "enable-cert-reload" true -}}
{{- end -}}
{{- $own = merge $own .own -}}
{{- $from := include "tandem-standalone.picker.valuesOfSettings" . | fromYaml -}}
{{- range $name, $value := $picker.config -}}
{{- if and (hasKey $from $name) (not (kindIs "invalid" $value)) -}}
{{- fail (printf "picker.config.%s: the chart sets it; give %s in its place" $name (get $from $name)) -}}
{{- end -}}
{{- end -}}
{{- $standard := dict "drain-timeout" (printf "%ds" (int .drainSeconds)) -}}
{{- toYaml (mergeOverwrite $standard $picker.config $own) -}}
{{- end -}}

{{/* Values that settings of the picker are made of. */}}
{{- define "tandem-standalone.picker.valuesOfSettings" -}}
grpc-port: picker.ports.grpc
port: picker.ports.grpc
grpc-health-port: picker.ports.health
metrics-port: picker.ports.metrics
secure-serving: picker.tls.enabled
cert-path: picker.tls.secretName
enable-cert-reload: picker.tls.secretName
config-file: picker.plugins
config-text: picker.plugins
pool-name: inferencePool.name
pool-namespace: the release's namespace
pool-group: inferencePool.group
endpoint-selector: modelServers.matchLabels
endpoint-target-ports: modelServers.targetPorts
service-discovery: modelServers.hosts
static-hosts: modelServers.hosts
static-models: modelServers.models
route-config: modelServers.routes
{{- end -}}

{{/*
An EndpointPickerConfig, as YAML. In: plugins (the value: a map, which may lack apiVersion and kind), endpointsFile (where the
model servers are, for a discovery by file; else empty).
*/}}
{{- define "tandem-standalone.picker.pluginsFile" -}}
{{- $config := deepCopy .plugins -}}
{{- if and .endpointsFile (not $config) -}}{{- $config = include "tandem-standalone.picker.defaultPlugins" . | fromYaml -}}{{- end -}}
{{- if .endpointsFile -}}
{{- if (get $config "dataLayer" | default dict).discovery -}}
{{- fail "picker.plugins.dataLayer.discovery: the chart sets it for modelServers.endpoints; leave it out" -}}
{{- end -}}
{{- $discovery := dict "name" "endpoints" "type" "file-discovery" "parameters" (dict "path" .endpointsFile "watchFile" true) -}}
{{- $_ := set $config "plugins" (prepend ($config.plugins | default list) $discovery) -}}
{{- $_ := set $config "dataLayer" (merge (dict "discovery" (dict "pluginRef" "endpoints")) ($config.dataLayer | default dict)) -}}
{{- end -}}
{{- $_ := set $config "apiVersion" ($config.apiVersion | default "llm-d.ai/v1alpha1") -}}
{{- $_ := set $config "kind" ($config.kind | default "EndpointPickerConfig") -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What the picker does without a configuration, for servers in a file: of those nobody else leaves out the dead. */}}
{{- define "tandem-standalone.picker.defaultPlugins" -}}
plugins:
  - name: alive
    type: utilization-detector
    parameters: { queueDepthThreshold: 1000000, kvCacheUtilThreshold: 1 }
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
  - type: prefix-cache-scorer
  - type: max-score-picker
  - type: single-profile-handler
schedulingProfiles:
  - name: default
    plugins:
      - { pluginRef: alive }
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: kv-cache-utilization-scorer, weight: 2 }
      - { pluginRef: prefix-cache-scorer, weight: 3 }
      - { pluginRef: max-score-picker }
{{- end -}}
