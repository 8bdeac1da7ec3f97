{{/* A ServiceMonitor of the Prometheus operator. In: root, component, port (its name in the Service), monitoring (labels, interval). */}}
{{- define "tandem.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" (dict "root" .root "component" .component "with" .monitoring.labels) | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "tandem.selectorLabels" . | nindent 6 }}
  endpoints:
    - port: {{ .port }}
      path: /metrics
      interval: {{ .monitoring.interval }}
{{- end -}}
