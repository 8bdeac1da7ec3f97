{{/*
Refuses labels of model servers that pods of the release have too: requests would go to these. In: root, component,
podLabels (further ones of the component), matchLabels.
*/}}
{{- define "tandem.refuseOwnPods" -}}
{{- $labels := include "tandem.podLabels" (dict "root" .root "component" .component "with" .podLabels) | fromYaml -}}
{{- $others := list -}}
{{- range $label, $value := .matchLabels -}}
{{- if ne (toString (get $labels $label)) (toString $value) -}}{{- $others = append $others $label -}}{{- end -}}
{{- end -}}
{{- if and .matchLabels (not $others) -}}
{{- fail (printf "modelServers.matchLabels: the %s's own pods have these labels too; give one that only model servers have" .component) -}}
{{- end -}}
{{- end -}}
