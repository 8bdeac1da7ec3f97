{{/*
Refuses values of other charts, with what they are called here. In: values (all of them); moved (a map of their paths, with
dots, to what to do in their place); of, whose they are.
*/}}
{{- define "tandem.refuseMoved" -}}
{{- $found := list -}}
{{- range $path, $mend := .moved -}}
{{- $value := $.values -}}
{{- range splitList "." $path -}}
{{- if kindIs "map" $value -}}{{- $value = get $value . -}}{{- else -}}{{- $value = "" -}}{{- end -}}
{{- end -}}
{{- if not (has (toString $value) (list "" "<nil>")) -}}
{{- $found = append $found (printf "%s: %s" $path $mend) -}}
{{- end -}}
{{- end -}}
{{- if $found -}}
{{- fail (printf "values of %s, which have other names here: %s" .of (join "; " $found)) -}}
{{- end -}}
{{- end -}}
