{{/* A PodMonitor of the Prometheus operator. In: root, component, endpoints (list: port, path, https where it is TLS), monitoring (labels, interval). */}}
{{- define "tandem.podMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" (dict "root" .root "component" .component "with" .monitoring.labels) | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "tandem.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    {{- range .endpoints }}
    - port: {{ .port }}
      path: {{ .path | default "/metrics" }}
      interval: {{ $.monitoring.interval }}
      {{- if .https }}
      scheme: https
      # A pod is asked at its address, which its certificate does not hold.
      tlsConfig: { insecureSkipVerify: true }
      {{- end }}
    {{- end }}
{{- end -}}
