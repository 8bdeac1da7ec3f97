{{/*
What a command line says, by the flags' names without dashes, as YAML; the last of several counts. Written as programs
take it: `--port=80`, `--port 80`, `-port 80`, `--a_switch`; all words up to the next flag are one value. In: a list of arguments.
*/}}
{{- define "tandem.givenFlags" -}}
{{- $flags := dict -}}
{{- $name := "" -}}
{{- range . -}}
{{- $word := toString . -}}
{{- if regexMatch "^--?[A-Za-z]" $word -}}
{{- $parts := splitn "=" 2 (regexReplaceAll "^--?" $word "") -}}
{{- $name = replace "_" "-" $parts._0 -}}
{{- $_ := set $flags $name (ternary $parts._1 "" (contains "=" $word)) -}}
{{- else if $name -}}
{{- $_ := set $flags $name (trim (printf "%s %s" (get $flags $name) $word)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $flags -}}
{{- end -}}
