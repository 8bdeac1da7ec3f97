{{/* The Deployment of a role. In: root, role (its values), name of the role. */}}
{{- define "tandem-sidecar.deployment" -}}
{{- include "tandem-sidecar.validate" .root -}}
{{- $root := .root -}}
{{- $server := $root.Values.modelServer -}}
{{- $labels := dict "root" $root "component" .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "tandem.fullname" $root }}-{{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "tandem.labels" $labels | nindent 4 }}
spec:
  {{- if not (kindIs "invalid" .role.replicas) }}
  replicas: {{ .role.replicas }}
  {{- end }}
  {{- with include "tandem.strategy" .role.strategy }}
  {{- . | nindent 2 }}
  {{- end }}
  # A rollout has not failed as long as a model may still be loading.
  progressDeadlineSeconds: {{ add (include "tandem.seconds" $server.startupTimeout) 600 }}
  selector:
    matchLabels: {{- include "tandem.selectorLabels" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "tandem.podLabels" (merge (dict "with" (merge (dict "llm-d.ai/role" .name) (.role.podLabels | default dict))) $labels) | nindent 8 }}
      annotations:
        # Where kubectl looks without -c.
        kubectl.kubernetes.io/default-container: {{ include "tandem-sidecar.modelServerName" $root }}
        {{- with .role.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "tandem.podCommon" (dict "root" $root "placement" .role "component" .name) | nindent 6 }}
      terminationGracePeriodSeconds: {{ include "tandem-sidecar.gracePeriod" . }}
      {{- if eq $server.engine "simulator" }}
      securityContext: {{- include "tandem.podSecurityContext" $server.podSecurityContext | nindent 8 }}
      {{- else }}
      {{- $safe := dict "seccompProfile" (dict "type" "RuntimeDefault") }}
      securityContext: {{- toYaml (mergeOverwrite $safe ($server.podSecurityContext | default dict)) | nindent 8 }}
      {{- end }}
      {{- with .role.podSpec }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- if eq .name "decode" }}
      initContainers:
        {{- include "tandem.sidecar.container" (include "tandem-sidecar.with" $root | fromYaml) | nindent 8 }}
        {{- with .role.extraInitContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- else if .role.extraInitContainers }}
      initContainers: {{- toYaml .role.extraInitContainers | nindent 8 }}
      {{- end }}
      containers:
        {{- include "tandem-sidecar.modelServers" . | trim | nindent 8 }}
        {{- with .role.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with include "tandem-sidecar.volumes" . | trim }}
      volumes: {{- . | nindent 8 }}
      {{- end }}
{{- end -}}
