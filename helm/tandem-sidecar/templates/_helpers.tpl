{{/* The settings of the sidecar of this release. */}}
{{- define "tandem-sidecar.config" -}}
{{- include "tandem.sidecar.config" (dict "sidecar" .Values.sidecar "pool" (include "tandem-sidecar.pool" . | fromYaml)) -}}
{{- end -}}

{{/* The pool that it looks at: name, namespace, group. */}}
{{- define "tandem-sidecar.pool" -}}
{{- $name := .Values.inferencePool.name -}}
{{- if and .Values.inferencePool.create (not $name) -}}{{- $name = include "tandem.fullname" . -}}{{- end -}}
name: {{ $name | quote }}
namespace: {{ .Values.inferencePool.namespace | default .Release.Namespace | quote }}
group: {{ .Values.inferencePool.group | quote }}
{{- end -}}

{{/* The grace period of pods. In: root, sidecar (whether the pod has one). */}}
{{- define "tandem-sidecar.gracePeriod" -}}
{{- $values := .root.Values -}}
{{- $parts := list (dict "name" "preStopSeconds" "seconds" (int $values.preStopSeconds)) -}}
{{- $parts = append $parts (dict "name" "modelServer.shutdownTimeout" "seconds" (int (include "tandem.seconds" $values.modelServer.shutdownTimeout))) -}}
{{- if .sidecar -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- $parts = append $parts (dict "name" "sidecar.config.shutdown-timeout" "seconds" (int (include "tandem.seconds" (get $config "shutdown-timeout" | default "30s")))) -}}
{{- end -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" $values.terminationGracePeriodSeconds "name" "terminationGracePeriodSeconds") -}}
{{- end -}}
