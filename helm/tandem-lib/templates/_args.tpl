{{/* A value as a flag takes it: lists with commas, whole numbers whole (helm reads numbers as floats). In: the value. */}}
{{- define "tandem.text" -}}
{{- if kindIs "slice" . -}}
{{- $items := list -}}
{{- range . }}{{ $items = append $items (include "tandem.text" .) }}{{ end -}}
{{- join "," $items -}}
{{- else if kindIs "float64" . -}}
{{- if eq (floor .) . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* A program's settings as its arguments, in the order of their names; those set to null are left out. In: the map. */}}
{{- define "tandem.args" -}}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
- {{ printf "--%s=%s" $name (include "tandem.text" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A text on lines of its own, indented, without the blanks that its empty lines would get. In: text, by (a number). */}}
{{- define "tandem.block" -}}
{{- regexReplaceAll "(?m)^ +$" (nindent (int .by) .text) "" -}}
{{- end -}}
