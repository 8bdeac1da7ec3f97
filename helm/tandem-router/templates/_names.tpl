{{/* A port that the router listens on. In: root, name (of the setting), default. */}}
{{- define "tandem-router.port" -}}
{{- $port := include "tandem-router.setting" . -}}
{{- if not (regexMatch "^[1-9][0-9]{0,4}$" $port) -}}
{{- fail (printf "router.config.%s is %s: the probes, the Service and monitoring name that port; give it a number from 1 to 65535" .name $port) -}}
{{- end -}}
{{- $port -}}
{{- end -}}

{{- define "tandem-router.clientPort" -}}
{{- include "tandem-router.port" (dict "root" . "name" "port" "default" "30000") -}}
{{- end -}}

{{- define "tandem-router.metricsPort" -}}
{{- include "tandem-router.port" (dict "root" . "name" "prometheus-port" "default" "29000") -}}
{{- end -}}

{{/* The port at which clients find the Service. Without an address of its own it maps none. In: the chart's root. */}}
{{- define "tandem-router.servicePort" -}}
{{- if .Values.service.headless -}}{{- include "tandem-router.clientPort" . -}}
{{- else -}}{{- .Values.service.port -}}
{{- end -}}
{{- end -}}

{{/* Where workers of p2pnccl announce themselves: the port of HOST:PORT, or nothing. */}}
{{- define "tandem-router.announcePort" -}}
{{- include "tandem-router.setting" (dict "root" . "name" "vllm-discovery-address" "default" "") | regexFind "[0-9]+$" -}}
{{- end -}}

{{/* How long Kubernetes waits for a pod to end. In: the chart's root. */}}
{{- define "tandem-router.gracePeriod" -}}
{{- $grace := include "tandem-router.setting" (dict "root" . "name" "shutdown-grace-period-secs" "default" "180") | float64 | ceil | int -}}
{{- $parts := list (dict "name" "preStopSeconds" "seconds" (int .Values.preStopSeconds)) (dict "name" "router.config.shutdown-grace-period-secs" "seconds" $grace) -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" .Values.terminationGracePeriodSeconds "name" "terminationGracePeriodSeconds") -}}
{{- end -}}
