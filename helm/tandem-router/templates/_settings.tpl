{{/* What the router is told, by its flags' names: router.config, the workers, and what the chart adds. In: the chart's root. */}}
{{- define "tandem-router.config" -}}
{{- $workers := .Values.workers -}}
{{- $config := dict -}}
{{- range $name, $value := .Values.router.config -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $config $name $value -}}{{- end -}}
{{- end -}}
{{- range $name, $labels := dict "selector" $workers.selector "prefill-selector" $workers.prefillSelector "decode-selector" $workers.decodeSelector -}}
{{- if $labels -}}
{{- $_ := set $config $name (include "tandem-router.labelList" $labels | fromYamlArray) -}}
{{- $_ := set $config "service-discovery" true -}}
{{- end -}}
{{- end -}}
{{- if or $workers.prefillSelector $workers.decodeSelector $workers.prefill $workers.decode -}}
{{- $config = merge $config (dict "pd-disaggregation" true) -}}
{{- end -}}
{{- if include "tandem-router.usesKubernetes" . -}}
{{- $_ := set $config "service-discovery-port" (int $workers.port) -}}
{{- if ne $workers.namespace "*" -}}
{{- $_ := set $config "service-discovery-namespace" ($workers.namespace | default .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- with $workers.urls -}}{{- $_ := set $config "worker-urls" . -}}{{- end -}}
{{- with $workers.prefill -}}{{- $_ := set $config "prefill" . -}}{{- end -}}
{{- with $workers.decode -}}{{- $_ := set $config "decode" . -}}{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Labels as the router takes them, a YAML list of KEY=VALUE. In: a map. */}}
{{- define "tandem-router.labelList" -}}
{{- range $key, $value := . }}
- {{ printf "%s=%s" $key $value | quote }}
{{- end }}
{{- end -}}

{{/* "true" where the router watches pods. In: the chart's root. */}}
{{- define "tandem-router.usesKubernetes" -}}
{{- $workers := .Values.workers -}}
{{- $flags := include "tandem.givenFlags" .Values.router.extraArgs | fromYaml -}}
{{- $switch := get $flags "service-discovery" | toString -}}
{{- if or $workers.selector $workers.prefillSelector $workers.decodeSelector -}}true
{{- else if and (hasKey $flags "service-discovery") (not (has $switch (list "0" "f" "false" "False" "FALSE" "F"))) -}}true
{{- else if eq (get $flags "discovery-provider" | toString) "kubernetes" -}}true
{{- end -}}
{{- end -}}

{{/* A setting that the chart itself needs: of extraArgs, else of config. In: root, name, default. */}}
{{- define "tandem-router.setting" -}}
{{- $flags := include "tandem.givenFlags" .root.Values.router.extraArgs | fromYaml -}}
{{- $config := include "tandem-router.config" .root | fromYaml -}}
{{- if hasKey $flags .name -}}{{- get $flags .name -}}
{{- else if hasKey $config .name -}}{{- include "tandem.text" (get $config .name) -}}
{{- else -}}{{- .default -}}
{{- end -}}
{{- end -}}

{{/*
The settings by how they reach the router, a YAML map: `file`, of which a change is taken over by running pods, and `args`,
of which a change makes new pods; without those that extraArgs has. The time that the router has to end is among the latter: it is in the pods' grace
period too. In: the chart's root.
*/}}
{{- define "tandem-router.parts" -}}
{{- $live := without (.Files.Get "files/settings.json" | fromJson).live "shutdown-grace-period-secs" "shutdown-accept-secs" -}}
{{- $file := dict -}}
{{- $args := dict -}}
{{- range $name, $value := include "tandem-router.config" . | fromYaml -}}
{{- $_ := set (ternary $file $args (has $name $live)) $name $value -}}
{{- end -}}
{{- $given := include "tandem.givenFlags" .Values.router.extraArgs | fromYaml -}}
{{- range $name, $_ := $given }}{{ $args = omit $args $name }}{{ end -}}
{{- toYaml (dict "file" $file "args" $args) -}}
{{- end -}}
