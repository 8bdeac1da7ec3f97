{{/* The files of the picker's ConfigMap, as a map; empty for none. In: the chart's root. */}}
{{- define "tandem-standalone.pickerFiles" -}}
{{- with include "tandem-standalone.pluginsFile" . }}
picker.yaml: |
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.modelServers.endpoints }}
endpoints.yaml: |
  {{- toYaml (dict "endpoints" .) | nindent 2 }}
{{- end }}
{{- with .Values.modelServers.routes }}
routes.json: |
  {{- toPrettyJson . | nindent 2 }}
{{- end }}
{{- end -}}
