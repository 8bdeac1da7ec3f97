{{/*
The lifecycle of a model server behind the sidecar: before its SIGTERM the sidecar lets clients go, so that none comes back on a
connection that it kept. For each container that serves what the sidecar passes on (docs/deploy/sidecar.md):

  lifecycle: {{- include "tandem.sidecar.preStop" (dict "sidecar" .Values.sidecar "seconds" 10) | nindent 4 }}

In: sidecar (as of tandem.sidecar.container), seconds (0 to 3600; the grace period is longer).
*/}}
{{- define "tandem.sidecar.preStop" -}}
{{- $given := include "tandem.sidecar.given" .sidecar | fromYaml -}}
preStop:
  httpGet:
    path: /drain?seconds={{ .seconds }}
    # By number: names are those of the container's own ports.
    port: {{ include "tandem.sidecar.metricsPort" $given }}
{{- end -}}
