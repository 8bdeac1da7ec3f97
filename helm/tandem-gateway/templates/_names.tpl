{{/* The picker's Deployment and Service. In: the chart's root. */}}
{{- define "tandem-gateway.pickerName" -}}
{{- .Values.picker.name | default (printf "%s-picker" (include "tandem.fullname" .)) -}}
{{- end -}}

{{/* The name by which the picker's Service is asked from within the cluster. In: the chart's root. */}}
{{- define "tandem-gateway.pickerHost" -}}
{{- printf "%s.%s.svc.%s" (include "tandem-gateway.pickerName" .) .Release.Namespace .Values.clusterDomain -}}
{{- end -}}

{{/* The InferencePool. In: the chart's root. */}}
{{- define "tandem-gateway.poolName" -}}
{{- .Values.inferencePool.name | default .Release.Name -}}
{{- end -}}

{{/* The pool as a target of policies and objects, as a map. In: the chart's root. */}}
{{- define "tandem-gateway.poolRef" -}}
group: {{ .Values.inferencePool.group }}
kind: InferencePool
name: {{ include "tandem-gateway.poolName" . }}
{{- end -}}
