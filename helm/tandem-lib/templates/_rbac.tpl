{{/* What watching one InferencePool takes. In: group, name. */}}
{{- define "tandem.rbac.poolRules" -}}
- apiGroups: [{{ .group | quote }}]
  resources: [inferencepools]
  resourceNames: [{{ .name | quote }}]
  verbs: [list, watch]
{{- end -}}

{{/* What watching pods takes. */}}
{{- define "tandem.rbac.podRules" -}}
- apiGroups: ['']
  resources: [pods]
  verbs: [list, watch]
{{- end -}}

{{/*
A Role with its RoleBinding to the chart's service account. In: root, component, rules (text); namespace where it is not
the release's.
*/}}
{{- define "tandem.role" -}}
{{- $name := include "tandem.componentName" . -}}
{{- $namespace := .namespace | default .root.Release.Namespace -}}
{{- $labels := include "tandem.labels" (dict "root" .root "component" .component) -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
rules: {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "tandem.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
