{{/* The picker's settings, as a map, once values are found to go together. In: the chart's root. */}}
{{- define "tandem-gateway.settings" -}}
{{- include "tandem-gateway.validate" . -}}
{{- $pool := dict "pool-name" (include "tandem-gateway.poolName" .) "pool-namespace" .Release.Namespace "pool-group" .Values.inferencePool.group -}}
{{- $own := merge (dict "config-file" "/etc/tandem/config/picker.yaml") $pool -}}
{{- $drain := .Values.picker.drain -}}
{{- include "tandem.picker.settings" (dict "picker" .Values.picker "own" $own "drainSeconds" (sub (int $drain.maxSeconds) (int $drain.minSeconds))) -}}
{{- end -}}

{{/* The EndpointPickerConfig. In: the chart's root. */}}
{{- define "tandem-gateway.plugins" -}}
{{- include "tandem.picker.pluginsFile" (dict "plugins" .Values.picker.plugins) -}}
{{- end -}}

{{/* The grace period of its pods: a picker that ends cuts the answers whose streams it holds. In: the chart's root. */}}
{{- define "tandem-gateway.gracePeriod" -}}
{{- $parts := list (dict "name" "picker.drain.maxSeconds" "seconds" (int .Values.picker.drain.maxSeconds)) -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" .Values.picker.terminationGracePeriodSeconds "name" "picker.terminationGracePeriodSeconds") -}}
{{- end -}}
