{{/* Refuses what only a chart that depends on this one can say: it leaves this one out, so that nothing of it is rendered. In: the chart's root. */}}
{{- define "tandem.refuseDisabled" -}}
{{- if eq (toString .Values.enabled) "false" -}}
{{- fail (printf "enabled is false, and %s is rendered: a chart that depends on it leaves it out by that where its Chart.yaml has condition: %s.enabled beside the dependency; without one, leave enabled out" .Chart.Name .Chart.Name) -}}
{{- end -}}
{{- end -}}
