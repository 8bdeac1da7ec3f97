{{/*
Who may reach the pods of a component, and nobody else; what they reach is theirs. The kubelet's probes and hooks are let through
by themselves. In: root, component, ingress (a list of dicts: from, as in a NetworkPolicy, or everybody where it is empty; ports,
numbers, or all of them where left out).
*/}}
{{- define "tandem.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "tandem.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    {{- range .ingress }}
    {{- $rule := dict }}
    {{- if .from }}{{ $_ := set $rule "from" .from }}{{ end }}
    {{- $ports := list }}
    {{- range .ports }}{{ $ports = append $ports (dict "port" (int .)) }}{{ end }}
    {{- if $ports }}{{ $_ := set $rule "ports" $ports }}{{ end }}
    - {{ toYaml $rule | nindent 6 | trim }}
    {{- end }}
{{- end -}}

{{/* All pods of a release but the one of `helm test`, as an item of `from`. In: the chart's root. */}}
{{- define "tandem.networkPolicy.release" -}}
podSelector:
  matchLabels: {{- include "tandem.releaseLabels" . | nindent 4 }}
{{- end -}}

{{/* The pod of `helm test`, likewise. In: the chart's root. */}}
{{- define "tandem.networkPolicy.test" -}}
podSelector:
  matchLabels: {{- include "tandem.test.labels" . | nindent 4 }}
{{- end -}}
