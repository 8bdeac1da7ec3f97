{{/* The arguments of each engine. In: root, role (its values), name of the role, port, rank. */}}
{{- define "tandem-sidecar.vllmArgs" -}}
{{- $server := .root.Values.modelServer -}}
{{- $ranks := int (include "tandem-sidecar.ranks" .root) -}}
- {{ $server.model | quote }}
- --port={{ .port }}
- --shutdown-timeout={{ include "tandem.seconds" $server.shutdownTimeout }}
{{- with $server.servedModelName }}
- {{ printf "--served-model-name=%s" . | quote }}
{{- end }}
{{- if gt $ranks 1 }}
- --data-parallel-multi-port-external-lb
- --data-parallel-size={{ $ranks }}
- --data-parallel-size-local={{ $ranks }}
- --data-parallel-supervisor-port=9256
{{- end }}
{{- with include "tandem-sidecar.kvTransfer" . }}
- {{ printf "--kv-transfer-config=%s" . | quote }}
{{- end }}
{{- if and (eq .name "prefill") .role.tls.secretName }}
- --ssl-certfile=/etc/tandem/tls/tls.crt
- --ssl-keyfile=/etc/tandem/tls/tls.key
{{- end }}
{{- end -}}

{{- define "tandem-sidecar.simulatorArgs" -}}
- simulator
- '--host=::'
- --port={{ .port }}
- {{ printf "--model=%s" (include "tandem-sidecar.servedModel" .root) | quote }}
- --role={{ .name }}
- --shutdown-timeout={{ include "tandem.seconds" .root.Values.modelServer.shutdownTimeout }}
{{ include "tandem-sidecar.simulatedKv" . }}
{{- end -}}

{{- define "tandem-sidecar.otherArgs" -}}
{{- range .root.Values.modelServer.args }}
- {{ . | quote }}
{{- end }}
{{- end -}}
