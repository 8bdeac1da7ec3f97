{{/*
What pods of every component have in common, of the pod's spec. In: root; placement (nodeSelector, tolerations, affinity,
topologySpreadConstraints, priorityClassName); token, whether it asks the Kubernetes API; component, whose pods are spread
where a constraint names none.
*/}}
{{- define "tandem.podCommon" -}}
serviceAccountName: {{ include "tandem.serviceAccountName" .root }}
automountServiceAccountToken: {{ .token | default false }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .placement.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with get $.placement $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- $constraints := list -}}
{{- range .placement.topologySpreadConstraints }}
{{- $constraint := deepCopy . -}}
{{- if and $.component (not (hasKey . "labelSelector")) -}}
{{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "tandem.selectorLabels" $ | fromYaml)) -}}
{{- end -}}
{{- $constraints = append $constraints $constraint -}}
{{- end }}
{{- with $constraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Waits before SIGTERM, while Services and gateways learn that the pod is going. In: seconds. */}}
{{- define "tandem.preStop" -}}
preStop:
  sleep:
    seconds: {{ . }}
{{- end -}}

{{/*
Resources of a container, without what is null: an upgrade that reuses values brings nulls back. Amounts are texts, as the API
server gives them back: `kubectl apply` sees a change in a number each time. In: requests, limits, claims.
*/}}
{{- define "tandem.resources" -}}
{{- $kept := dict -}}
{{- range $name, $value := . }}
{{- if kindIs "map" $value }}
{{- $amounts := dict -}}
{{- range $resource, $amount := $value }}
{{- if not (kindIs "invalid" $amount) }}{{ $_ := set $amounts $resource (include "tandem.text" $amount) }}{{ end }}
{{- end }}
{{- if $amounts }}{{ $_ := set $kept $name $amounts }}{{ end }}
{{- else if $value }}{{ $_ := set $kept $name $value }}
{{- end }}
{{- end }}
{{- toYaml $kept -}}
{{- end -}}

{{/* How a Deployment replaces pods. What values.yaml says of rolling updates is left out where pods are recreated. In: the value. */}}
{{- define "tandem.strategy" -}}
{{- with . -}}
strategy: {{- toYaml (ternary (omit . "rollingUpdate") . (eq (toString .type) "Recreate")) | nindent 2 }}
{{- end -}}
{{- end -}}
