{{/* What the templates of the library's sidecar take. */}}
{{- define "tandem-sidecar.with" -}}
sidecar: {{- toYaml .Values.sidecar | nindent 2 }}
pool: {{- include "tandem-sidecar.pool" . | nindent 2 }}
tag: {{ .Chart.AppVersion | quote }}
prefillersUseTls: {{ and .Values.prefill.enabled (not (empty .Values.prefill.tls.secretName)) }}
{{- end -}}

{{/* The settings of the sidecar of this release. */}}
{{- define "tandem-sidecar.config" -}}
{{- include "tandem.sidecar.config" (include "tandem-sidecar.with" . | fromYaml) -}}
{{- end -}}

{{/* The pool that it looks at: name, namespace, group. */}}
{{- define "tandem-sidecar.pool" -}}
{{- $name := .Values.inferencePool.name -}}
{{- if and .Values.inferencePool.create (not $name) -}}{{- $name = include "tandem.fullname" . -}}{{- end -}}
name: {{ $name | quote }}
namespace: {{ .Values.inferencePool.namespace | default .Release.Namespace | quote }}
group: {{ .Values.inferencePool.group | quote }}
{{- end -}}

{{/* Data-parallel ranks of a pod. */}}
{{- define "tandem-sidecar.ranks" -}}
{{- get (include "tandem-sidecar.config" . | fromYaml) "data-parallel-size" | default 1 | int -}}
{{- end -}}

{{/* The port of a role's first model server. In: root, name of the role. */}}
{{- define "tandem-sidecar.modelServerPort" -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- if eq .name "decode" -}}
{{- get $config "model-server-port" | default 8001 | int -}}
{{- else -}}
{{- /* At the sidecars' port: a pool has the same ports on all of its pods. */ -}}
{{- get $config "port" | default 8000 | int -}}
{{- end -}}
{{- end -}}

{{/* Where requests are sent from inside the cluster: scheme, host and port of the Service. */}}
{{- define "tandem-sidecar.url" -}}
{{- $secure := get (include "tandem-sidecar.config" . | fromYaml) "secure-proxy" -}}
{{- /* The program's own default is TLS. */ -}}
{{- $scheme := ternary "https" "http" (or (kindIs "invalid" $secure) (eq (toString $secure) "true")) -}}
{{- $port := int .Values.service.port -}}
{{- $hidden := eq $port (ternary 443 80 (eq $scheme "https")) -}}
{{ $scheme }}://{{ include "tandem.fullname" . }}.{{ .Release.Namespace }}{{ if not $hidden }}:{{ $port }}{{ end }}
{{- end -}}

{{/* What requests name as their prefiller where nobody chooses one: all of them, by DNS. */}}
{{- define "tandem-sidecar.prefillHost" -}}
{{ include "tandem.fullname" . }}-prefill.{{ .Release.Namespace }}:{{ get (include "tandem-sidecar.config" . | fromYaml) "port" | default 8000 | int }}
{{- end -}}

{{/* The name that requests ask for. */}}
{{- define "tandem-sidecar.servedModel" -}}
{{- .Values.modelServer.servedModelName | default .Values.modelServer.model -}}
{{- end -}}

{{/* The grace period of pods. In: root, name of the role. */}}
{{- define "tandem-sidecar.gracePeriod" -}}
{{- $values := .root.Values -}}
{{- $parts := list (dict "name" "preStopSeconds" "seconds" (int $values.preStopSeconds)) -}}
{{- $parts = append $parts (dict "name" "modelServer.shutdownTimeout" "seconds" (int (include "tandem.seconds" $values.modelServer.shutdownTimeout))) -}}
{{- if eq .name "decode" -}}
{{- $timeout := get (include "tandem-sidecar.config" .root | fromYaml) "shutdown-timeout" | default "30s" -}}
{{- $parts = append $parts (dict "name" "sidecar.config.shutdown-timeout" "seconds" (int (include "tandem.seconds" $timeout))) -}}
{{- end -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" $values.terminationGracePeriodSeconds "name" "terminationGracePeriodSeconds") -}}
{{- end -}}
