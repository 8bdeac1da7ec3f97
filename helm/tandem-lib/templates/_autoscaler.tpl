{{/*
A HorizontalPodAutoscaler of the component's Deployment. In: root, component, autoscaling (minReplicas, maxReplicas,
targetCpuPercent, metrics, behavior), name of these values.
*/}}
{{- define "tandem.horizontalPodAutoscaler" -}}
{{- $scale := .autoscaling -}}
{{- if gt (int $scale.minReplicas) (int $scale.maxReplicas) -}}
{{- fail (printf "%s.minReplicas is %v and maxReplicas %v: give a maxReplicas of at least %v" .name $scale.minReplicas $scale.maxReplicas $scale.minReplicas) -}}
{{- end -}}
{{- if not (or $scale.targetCpuPercent $scale.metrics) -}}
{{- fail (printf "%s has nothing to scale by: give targetCpuPercent, or metrics" .name) -}}
{{- end -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "tandem.componentName" . }}
  minReplicas: {{ $scale.minReplicas }}
  maxReplicas: {{ $scale.maxReplicas }}
  metrics:
    {{- with $scale.targetCpuPercent }}
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ . }} }
    {{- end }}
    {{- with $scale.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $scale.behavior }}
  behavior: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
