{{/* Where model servers are: kubernetes, file or static. In: the chart's root. */}}
{{- define "tandem-standalone.discovery" -}}
{{- $servers := .Values.modelServers -}}
{{- if $servers.endpoints -}}file{{- else if $servers.hosts -}}static{{- else -}}kubernetes{{- end -}}
{{- end -}}

{{/* The InferencePool that the picker watches; empty for none. In: the chart's root. */}}
{{- define "tandem-standalone.poolName" -}}
{{- $pool := .Values.inferencePool -}}
{{- if $pool.create -}}{{ $pool.name | default (include "tandem.fullname" .) }}{{- else -}}{{ $pool.name }}{{- end -}}
{{- end -}}

{{/* The picker's settings of the discovery, as a map. In: the chart's root. */}}
{{- define "tandem-standalone.discoverySettings" -}}
{{- $servers := .Values.modelServers -}}
{{- $pool := include "tandem-standalone.poolName" . -}}
{{- $kind := include "tandem-standalone.discovery" . -}}
{{- if eq $kind "static" }}
service-discovery: static
static-hosts: {{ toJson $servers.hosts }}
{{- with $servers.models }}
static-models: {{ toJson . }}
{{- end }}
{{- if $servers.routes }}
route-config: /etc/tandem/config/routes.json
{{- end }}
{{- else if eq $kind "kubernetes" }}
pool-namespace: {{ .Release.Namespace }}
{{- if $pool }}
pool-name: {{ $pool }}
pool-group: {{ .Values.inferencePool.group }}
{{- else }}
{{- $labels := list -}}
{{- range $name, $value := $servers.matchLabels }}{{ $labels = append $labels (printf "%s=%s" $name $value) }}{{ end }}
endpoint-selector: {{ join "," $labels | quote }}
endpoint-target-ports: {{ toJson $servers.targetPorts }}
{{- end }}
{{- end }}
{{- if include "tandem-standalone.pluginsFile" . }}
config-file: /etc/tandem/config/picker.yaml
{{- end }}
{{- end -}}

{{/* The EndpointPickerConfig; hosts have a routing logic in its place. In: the chart's root. */}}
{{- define "tandem-standalone.pluginsFile" -}}
{{- $discovery := include "tandem-standalone.discovery" . -}}
{{- $file := ternary "/etc/tandem/config/endpoints.yaml" "" (eq "file" $discovery) -}}
{{- if ne "static" $discovery -}}
{{- include "tandem.picker.pluginsFile" (dict "plugins" .Values.picker.plugins "endpointsFile" $file) -}}
{{- end -}}
{{- end -}}

{{/* "true" where the picker asks the Kubernetes API. In: the chart's root. */}}
{{- define "tandem-standalone.usesKubernetes" -}}
{{- if eq "kubernetes" (include "tandem-standalone.discovery" .) }}true{{ end -}}
{{- end -}}

{{/*
The model servers that Envoy knows, which may get any request: a list `servers` of address and port. Of pods they are
behind headless Services. In: the chart's root.
*/}}
{{- define "tandem-standalone.directServers" -}}
{{- $servers := .Values.modelServers -}}
{{- $kind := include "tandem-standalone.discovery" . -}}
servers:
{{- if eq $kind "file" }}
{{- range $servers.endpoints }}
{{- $role := get (.labels | default dict) "llm-d.ai/role" | default "both" }}
{{- if has $role (list "both" "decode" "prefill-decode" "encode-prefill-decode") }}
  - { address: {{ .address | quote }}, port: {{ .port | int }} }
{{- end }}
{{- end }}
{{- else if eq $kind "static" }}
{{- range $servers.hosts }}
{{- $host := trimPrefix "http://" . }}
  - { address: {{ regexReplaceAll ":\\d+$" $host "" | quote }}, port: {{ regexFind "\\d+$" $host }} }
{{- end }}
{{- else }}
{{- range $service := include "tandem-standalone.serversServices" . | fromYamlArray }}
{{- range $servers.targetPorts }}
  - { address: {{ include "tandem-standalone.hostOf" (dict "root" $ "name" $service.name) }}, port: {{ . | int }} }
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The headless Services of model servers: a list of name and selector. In: the chart's root. */}}
{{- define "tandem-standalone.serversServices" -}}
{{- $labels := .Values.modelServers.matchLabels -}}
{{- range .Values.modelServers.directRoles }}
- name: {{ include "tandem-standalone.serversName" (dict "root" $ "suffix" (printf "servers-%s" .)) }}
  selector: {{ merge (dict "llm-d.ai/role" .) $labels | toJson }}
{{- else }}
- name: {{ include "tandem-standalone.serversName" (dict "root" $ "suffix" "servers") }}
  selector: {{ $labels | toJson }}
{{- end }}
{{- end -}}

{{/* The name of a headless Service: 63 characters at most, and still one of its own. In: root, suffix. */}}
{{- define "tandem-standalone.serversName" -}}
{{- $fullname := include "tandem.fullname" .root -}}
{{- $most := int (sub 62 (len .suffix)) -}}
{{- if gt (len $fullname) $most -}}
{{- $fullname = printf "%s-%s" (trunc (int (sub $most 7)) $fullname) (sha256sum $fullname | trunc 6) -}}
{{- end -}}
{{- $fullname }}-{{ .suffix -}}
{{- end -}}
