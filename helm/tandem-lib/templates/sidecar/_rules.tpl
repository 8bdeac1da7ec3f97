{{/* The rules of a Role, in the namespace of the pool, that a sidecar takes; nothing where it asks no Kubernetes API. In: as of tandem.sidecar.config. */}}
{{- define "tandem.sidecar.rules" -}}
{{- $config := include "tandem.sidecar.config" . | fromYaml -}}
{{- if include "tandem.sidecar.usesKubernetes" $config -}}
{{ include "tandem.rbac.poolRules" (dict "name" (get $config "inference-pool" | splitList "/" | last) "group" (get $config "pool-group")) }}
{{ include "tandem.rbac.podRules" . }}
{{- end -}}
{{- end -}}
