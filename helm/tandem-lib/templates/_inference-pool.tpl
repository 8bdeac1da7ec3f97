{{/*
An InferencePool (v1). In: root, name; servers (matchLabels, targetPorts; appProtocol, which may be left out); picker (name of
its Service, port; left out where the pool has none); failureMode (FailOpen or FailClose).
*/}}
{{- define "tandem.inferencePool" -}}
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" (dict "root" .root "component" "pool") | nindent 4 }}
spec:
  selector:
    matchLabels: {{- toYaml .servers.matchLabels | nindent 6 }}
  targetPorts:
    {{- range .servers.targetPorts }}
    - number: {{ . | int }}
    {{- end }}
  {{- with .servers.appProtocol }}
  appProtocol: {{ . }}
  {{- end }}
  {{- if .picker }}
  endpointPickerRef:
    name: {{ .picker.name }}
    kind: Service
    port: { number: {{ .picker.port | int }} }
    failureMode: {{ .failureMode }}
  {{- end }}
{{- end -}}
