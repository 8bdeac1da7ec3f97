{{/*
The picker's container. In: root; picker (image, config, tls, ports, extraArgs, env, resources, securityContext,
volumeMounts); settings (a map, beside picker.config); isSidecar, whether it is an item of initContainers; preStopSeconds (0 for
none); mounts (further ones, a list).
*/}}
{{- define "tandem.picker.container" -}}
{{- $picker := .picker -}}
- name: picker
  image: {{ include "tandem.image" (dict "image" $picker.image "tag" .root.Chart.AppVersion) }}
  imagePullPolicy: {{ $picker.image.pullPolicy }}
  {{- if .isSidecar }}
  # A native sidecar: up before the container that asks it, gone after it.
  restartPolicy: Always
  {{- end }}
  args:
    - picker
    {{- include "tandem.args" .settings | trim | nindent 4 }}
    {{- range $picker.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  {{- with $picker.env }}
  env: {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: grpc
      containerPort: {{ $picker.ports.grpc | int }}
    - name: grpc-health
      containerPort: {{ $picker.ports.health | int }}
    - name: metrics
      containerPort: {{ $picker.ports.metrics | int }}
  startupProbe:
    grpc: { port: {{ $picker.ports.health | int }}, service: liveness }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    grpc: { port: {{ $picker.ports.health | int }}, service: liveness }
    periodSeconds: 10
    timeoutSeconds: 3
  readinessProbe:
    grpc: { port: {{ $picker.ports.health | int }}, service: readiness }
    periodSeconds: 2
    timeoutSeconds: 2
  {{- if .preStopSeconds }}
  lifecycle: {{- include "tandem.preStop" (int .preStopSeconds) | nindent 4 }}
  {{- end }}
  {{- with $picker.resources }}
  resources: {{- include "tandem.resources" . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.securityContext" $picker.securityContext | nindent 4 }}
  {{- with concat (.mounts | default list) ($picker.volumeMounts | default list) }}
  volumeMounts: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
