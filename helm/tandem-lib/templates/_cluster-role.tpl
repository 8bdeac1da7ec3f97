{{/* A ClusterRole with its ClusterRoleBinding to the chart's service account: of all namespaces. In: root, component, rules (text). */}}
{{- define "tandem.clusterRole" -}}
{{- $name := printf "%s-%s-%s" .root.Release.Namespace (include "tandem.fullname" .root) .component -}}
{{- $labels := include "tandem.labels" (dict "root" .root "component" .component) -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
rules: {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "tandem.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
