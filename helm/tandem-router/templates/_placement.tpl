{{/* Where pods run: as given, and else spread over nodes. In: the chart's root. */}}
{{- define "tandem-router.placement" -}}
{{- $placement := pick .Values.router "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" -}}
{{- if not $placement.topologySpreadConstraints -}}
{{- $selector := include "tandem.selectorLabels" (dict "root" . "component" "router") | fromYaml -}}
{{- $spread := dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" "labelSelector" (dict "matchLabels" $selector) -}}
{{- $_ := set $placement "topologySpreadConstraints" (list $spread) -}}
{{- end -}}
{{- toYaml $placement -}}
{{- end -}}
