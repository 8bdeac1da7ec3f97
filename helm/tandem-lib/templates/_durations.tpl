{{/* Whole seconds, rounded up, of a duration in Go's syntax (1m30s, 500ms; 0). In: the text or number. */}}
{{- define "tandem.seconds" -}}
{{- $units := dict "h" 3600.0 "m" 60.0 "s" 1.0 "ms" 0.001 "us" 0.000001 "µs" 0.000001 "ns" 0.000000001 -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|us|µs|ns|h|m|s)" (toString .) -1 -}}
{{- $number := regexFind "^[0-9.]+" . -}}
{{- $total = addf $total (mulf (float64 $number) (get $units (trimPrefix $number .))) -}}
{{- end -}}
{{- ceil $total | int -}}
{{- end -}}

{{/*
How long Kubernetes waits for a pod to end before it kills it: at least what the pod may need, which is the sum of `parts`
(a list of dicts: name, seconds) and five seconds. In: parts; given (seconds, or null), name of the given value.
*/}}
{{- define "tandem.gracePeriod" -}}
{{- $needed := 5 -}}
{{- $sum := list -}}
{{- range .parts }}
{{- $needed = add $needed .seconds -}}
{{- $sum = append $sum (printf "%s %v s" .name .seconds) -}}
{{- end -}}
{{- if and .given (lt (int .given) (int $needed)) -}}
{{- fail (printf "%s is %v s, and the pod may need %v s to end (%s, and 5 s): streams would be cut; give at least that, or leave it out" .name .given $needed (join ", " $sum)) -}}
{{- end -}}
{{- .given | default $needed | int -}}
{{- end -}}
