{{/* Envoy's Deployment and Service. In: the chart's root. */}}
{{- define "tandem-standalone.proxyName" -}}
{{- .Values.proxy.name | default (include "tandem.fullname" .) -}}
{{- end -}}

{{/* The picker's Deployment and Service. In: the chart's root. */}}
{{- define "tandem-standalone.pickerName" -}}
{{- .Values.picker.name | default (printf "%s-picker" (include "tandem.fullname" .)) -}}
{{- end -}}

{{/*
The name by which Envoy asks for a Service. It ends in a dot: without it, each look-up would try the search domains of the pod
first. Short names, without clusterDomain, are looked for there. In: root, name.
*/}}
{{- define "tandem-standalone.hostOf" -}}
{{- if .root.Values.clusterDomain -}}
{{- printf "%s.%s.svc.%s." .name .root.Release.Namespace .root.Values.clusterDomain -}}
{{- else -}}
{{- .name -}}
{{- end -}}
{{- end -}}

{{/* "true" in mode service. In: the chart's root. */}}
{{- define "tandem-standalone.isApart" -}}
{{- if eq .Values.proxy.mode "service" }}true{{ end -}}
{{- end -}}

{{/* The component whose pods hold the picker. In: the chart's root. */}}
{{- define "tandem-standalone.pickerComponent" -}}
{{- ternary "picker" "proxy" (eq .Values.proxy.mode "service") -}}
{{- end -}}
