{{/*
The settings that a picker runs with, as a map. In: picker (config, tls, ports), own (a map of what the chart sets), drainSeconds.
What the chart sets may not be in picker.config as well.
*/}}
{{- define "tandem.picker.settings" -}}
{{- $picker := .picker -}}
{{- $own := dict "grpc-port" $picker.ports.grpc "grpc-health-port" $picker.ports.health "metrics-port" $picker.ports.metrics -}}
{{- $_ := set $own "secure-serving" $picker.tls.enabled -}}
{{- if $picker.tls.secretName -}}
{{- $_ := set $own "cert-path" "/etc/tandem/tls" -}}
{{- $_ := set $own "enable-cert-reload" true -}}
{{- end -}}
{{- $own = merge $own .own -}}
{{- $from := include "tandem.picker.valuesOfSettings" . | fromYaml -}}
{{- range $name, $value := $picker.config -}}
{{- if and (hasKey $from $name) (not (kindIs "invalid" $value)) -}}
{{- fail (printf "picker.config.%s: the chart sets it; give %s in its place" $name (get $from $name)) -}}
{{- end -}}
{{- end -}}
{{- $standard := dict "drain-timeout" (printf "%ds" (int .drainSeconds)) -}}
{{- toYaml (mergeOverwrite $standard ($picker.config | default dict) $own) -}}
{{- end -}}

{{/* Values that settings of the picker are made of. */}}
{{- define "tandem.picker.valuesOfSettings" -}}
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
An EndpointPickerConfig, as YAML. In: plugins (the value: the name of a preset, or a map, which may lack apiVersion and kind;
empty for the preset default), endpointsFile (where the model servers are, for a discovery by file; else empty).
*/}}
{{- define "tandem.picker.pluginsFile" -}}
{{- $config := .plugins | default "default" -}}
{{- if kindIs "string" $config -}}
{{- if contains "\n" $config -}}
{{- fail "picker.plugins is a text: give the EndpointPickerConfig as a map, without the | before it" -}}
{{- end -}}
{{- $presets := include "tandem.picker.presets" . | fromYamlArray -}}
{{- if not (has $config $presets) -}}
{{- fail (printf "picker.plugins is %s: no preset has that name; give one of %s, or an EndpointPickerConfig as a map" $config (join ", " $presets)) -}}
{{- end -}}
{{- $config = include (printf "tandem.picker.preset.%s" $config) . | fromYaml -}}
{{- end -}}
{{- $config = deepCopy $config -}}
{{- if .endpointsFile -}}
{{- if (get $config "dataLayer" | default dict).discovery -}}
{{- fail "picker.plugins.dataLayer.discovery: the chart sets it for modelServers.endpoints; leave it out" -}}
{{- end -}}
{{- $discovery := dict "type" "file-discovery" "parameters" (dict "path" .endpointsFile "watchFile" true) -}}
{{- $_ := set $config "plugins" (prepend ($config.plugins | default list) $discovery) -}}
{{- $_ := set $config "dataLayer" (merge (dict "discovery" (dict "pluginRef" "file-discovery")) ($config.dataLayer | default dict)) -}}
{{- end -}}
{{- $_ := set $config "apiVersion" ($config.apiVersion | default "llm-d.ai/v1alpha1") -}}
{{- $_ := set $config "kind" ($config.kind | default "EndpointPickerConfig") -}}
{{- toYaml $config -}}
{{- end -}}
