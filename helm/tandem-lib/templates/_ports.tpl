{{/*
Fails where ports of one pod are taken twice. In: ranges, a list of dicts: name (of the value), first, count (1 where left
out); of, whose they are where that is no pod.
*/}}
{{- define "tandem.ports.disjoint" -}}
{{- $seen := list -}}
{{- $of := .of | default "the pod" -}}
{{- range .ranges }}
{{- $first := int .first -}}
{{- $last := int (add $first (.count | default 1) -1) -}}
{{- $name := .name -}}
{{- if gt $last 65535 -}}
{{- fail (printf "%s: its last port would be %d, and 65535 is the highest; give a lower one" $name $last) -}}
{{- end -}}
{{- range $seen }}
{{- if and (le $first .last) (ge $last .first) -}}
{{- fail (printf "%s takes port %s of %s, and %s port %s: give one of them another" $name (include "tandem.ports.text" (list $first $last)) $of .name (include "tandem.ports.text" (list .first .last))) -}}
{{- end -}}
{{- end }}
{{- $seen = append $seen (dict "name" $name "first" $first "last" $last) -}}
{{- end }}
{{- end -}}

{{- define "tandem.ports.text" -}}
{{- $first := index . 0 -}}
{{- $last := index . 1 -}}
{{- $first -}}{{- if ne $first $last -}}-{{ $last }}{{- end -}}
{{- end -}}
