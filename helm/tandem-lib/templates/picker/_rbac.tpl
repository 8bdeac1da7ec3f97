{{/*
What the picker's watch takes: of pods, and of its InferencePool with the objectives and rewrites that name it. In: name of the
pool (empty for none), group.
*/}}
{{- define "tandem.rbac.pickerRules" -}}
{{ include "tandem.rbac.podRules" . }}
{{- if .name }}
{{ include "tandem.rbac.poolRules" . }}
- apiGroups: [llm-d.ai, inference.networking.x-k8s.io]
  resources: [inferenceobjectives, inferencemodelrewrites]
  verbs: [list, watch]
{{- end }}
{{- end -}}
