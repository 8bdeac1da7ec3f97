{{/* What Envoy's configuration is made of (tandem.envoy.config). In: the chart's root. */}}
{{- define "tandem-standalone.plan" -}}
{{- $proxy := .Values.proxy -}}
{{- $picker := .Values.picker -}}
{{- $host := include "tandem-standalone.hostOf" (dict "root" . "name" (include "tandem-standalone.pickerName" .)) -}}
ports: { inference: {{ $proxy.ports.http }}, operations: {{ $proxy.ports.operations }}, admin: {{ $proxy.ports.admin }} }
picker:
  tls: {{ $picker.tls.enabled }}
  ca: {{ ternary "/etc/envoy-picker/ca.crt" "" (not (empty $picker.tls.secretName)) | quote }}
  serverName: {{ $picker.tls.serverName | default (trimSuffix "." $host) }}
  addresses:
    - { address: {{ ternary $host "127.0.0.1" (eq $proxy.mode "service") }}, port: {{ $picker.ports.grpc }} }
{{- if eq $proxy.routing "override-host" }}
{{ include "tandem-standalone.directServers" . }}
{{- end }}
routes:
  {{- range .Values.modelServers.routes }}
  - { name: {{ .name | quote }}, prefix: {{ .path_prefix | quote }} }
  {{- end }}
  - { name: {{ ternary "default-route" "inference" (not (empty .Values.modelServers.routes)) }}, prefix: / }
tellsServed: {{ include "tandem-standalone.tellsServed" . | default "false" }}
drain:
  minSeconds: {{ $proxy.drain.minSeconds }}
  maxSeconds: {{ $proxy.drain.maxSeconds }}
  header: {{ include "tandem-standalone.proxyName" . }}
{{- range $key := list "bindAddress" "routing" "requestBody" "failOpen" "maxBodyBytes" "maxConnections" "messageTimeout" "streamIdleTimeout" "accessLog" "upgrades" }}
{{ $key }}: {{ get $proxy $key | toJson }}
{{- end }}
{{- end -}}

{{/* "true" for Envoy 1.38 and later: older ones do not start with selected_host_key. In: the chart's root. */}}
{{- define "tandem-standalone.tellsServed" -}}
{{- $version := include "tandem-standalone.envoyVersion" .Values.proxy -}}
{{- if $version }}{{ if semverCompare ">=1.38" $version }}true{{ end }}{{ end -}}
{{- end -}}

{{/* Envoy's version, such as 1.40; empty where nothing tells it. In: the value proxy. */}}
{{- define "tandem-standalone.envoyVersion" -}}
{{- regexFind "\\d+\\.\\d+" (.version | default .image.tag | toString) -}}
{{- end -}}

{{/* The picker's settings, as a map. In: the chart's root. */}}
{{- define "tandem-standalone.settings" -}}
{{- $own := include "tandem-standalone.discoverySettings" . | fromYaml -}}
{{- include "tandem.picker.settings" (dict "picker" .Values.picker "own" $own "drainSeconds" .Values.proxy.drain.maxSeconds) -}}
{{- end -}}
