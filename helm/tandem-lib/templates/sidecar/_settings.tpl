{{/*
The settings that a sidecar runs with: what its arguments and its `config` say, and what the chart says better than its user.
In: sidecar (config, args, tls, trust), pool (name, namespace, group), prefillersUseTls.
*/}}
{{- define "tandem.sidecar.config" -}}
{{- $given := include "tandem.sidecar.given" .sidecar | fromYaml -}}
{{- toYaml (merge (include "tandem.sidecar.additions" . | fromYaml) $given) -}}
{{- end -}}

{{/* What the user says, by the settings' names: `args` and `config`, which must not contradict each other. In: the sidecar's values. */}}
{{- define "tandem.sidecar.given" -}}
{{- $args := include "tandem.sidecar.fromArgs" .args | fromYaml -}}
{{- $config := dict -}}
{{- range $name, $value := .config | default dict }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $config $name $value -}}
{{- $said := get $args $name -}}
{{- if and (hasKey $args $name) (ne (include "tandem.text" $said) (include "tandem.text" $value)) -}}
{{- fail (printf "sidecar.args says --%s=%s, and sidecar.config.%s is %s: set the latter to the same, or to null" $name (include "tandem.text" $said) $name (include "tandem.text" $value)) -}}
{{- end -}}
{{- end }}
{{- end }}
{{- toYaml (merge $config $args) -}}
{{- end -}}

{{/* Arguments in any of the spellings that the sidecar reads, as settings. In: a list, or nothing. */}}
{{- define "tandem.sidecar.fromArgs" -}}
{{- $others := dict "vllm-port" "model-server-port" "connector" "kv-connector" "secure-serving" "secure-proxy" -}}
{{- $settings := dict -}}
{{- $open := "" -}}
{{- range . }}
{{- $word := toString . -}}
{{- if hasPrefix "-" $word }}
{{- $name := regexFind "[^-=][^=]*" $word -}}
{{- $name = get $others $name | default $name -}}
{{- $value := regexFind "=.*" $word | trimPrefix "=" -}}
{{- if or $value (not (contains "=" $word)) }}
{{- $_ := set $settings $name (include "tandem.sidecar.argument" $value | fromYaml).value -}}
{{- end }}
{{- $open = ternary "" $name (contains "=" $word) -}}
{{- else if $open }}
{{- $_ := set $settings $open (include "tandem.sidecar.argument" $word | fromYaml).value -}}
{{- $open = "" -}}
{{- end }}
{{- end }}
{{- toYaml $settings -}}
{{- end -}}

{{/* An argument's text as a value; a flag alone is true. */}}
{{- define "tandem.sidecar.argument" -}}
{{- if or (eq . "") (eq . "true") -}}
value: true
{{- else if eq . "false" -}}
value: false
{{- else -}}
value: {{ . | quote }}
{{- end -}}
{{- end -}}

{{/* What follows from other values. In: as of tandem.sidecar.config. */}}
{{- define "tandem.sidecar.additions" -}}
{{- $given := include "tandem.sidecar.given" .sidecar | fromYaml -}}
{{- $added := dict -}}
{{- $tls := .sidecar.tls | default dict -}}
{{- $trust := .sidecar.trust | default dict -}}
{{- if or (get $given "enable-ssrf-protection") (get $given "prefiller-discovery") (eq (toString (get $given "prefiller-fallback")) "pool") -}}
{{- $name := required "inferencePool.name is missing: the sidecar watches that InferencePool for enable-ssrf-protection, prefiller-discovery and prefiller-fallback=pool; give the name of one that is there, or inferencePool.create true" .pool.name -}}
{{- $_ := set $added "inference-pool" (printf "%s/%s" (required "inferencePool.namespace is missing: it is the namespace of that pool" .pool.namespace) $name) -}}
{{- $_ := set $added "pool-group" (.pool.group | default "inference.networking.k8s.io") -}}
{{- end -}}
{{- if $tls.secretName -}}
{{- $_ := set $added "secure-proxy" true -}}
{{- $_ := set $added "cert-path" "/etc/tandem/tls" -}}
{{- if not (hasKey $given "require-valid-cert") -}}{{- $_ := set $added "require-valid-cert" true -}}{{- end -}}
{{- else if and (not (hasKey $given "secure-proxy")) (not .sidecar.args) -}}
{{- $_ := set $added "secure-proxy" false -}}
{{- end -}}
{{- if or $trust.configMap $trust.secret -}}
{{- $_ := set $added "ca-cert" (printf "/etc/tandem/trust/%s" ($trust.key | default "ca.crt")) -}}
{{- end -}}
{{- if .prefillersUseTls -}}
{{- $stages := get $given "enable-tls" | default list -}}
{{- if kindIs "string" $stages -}}{{- $stages = splitList "," $stages -}}{{- end -}}
{{- $_ := set $added "enable-tls" (append $stages "prefiller" | uniq) -}}
{{- end -}}
{{- toYaml $added -}}
{{- end -}}

{{/* "true" where the sidecar asks the Kubernetes API. In: config (a map). */}}
{{- define "tandem.sidecar.usesKubernetes" -}}
{{- if hasKey . "inference-pool" -}}true{{- end -}}
{{- end -}}

{{/* The port of metrics and probes. In: config (a map). */}}
{{- define "tandem.sidecar.metricsPort" -}}
{{- int (ternary (get . "metrics-port") 9090 (hasKey . "metrics-port")) -}}
{{- end -}}

{{/* The ports that clients connect to, as a list of YAML: one for each data-parallel rank. In: config (a map). */}}
{{- define "tandem.sidecar.ports" -}}
{{- $port := int (get . "port" | default 8000) -}}
{{- range $rank := until (int (get . "data-parallel-size" | default 1)) }}
- {{ add $port $rank }}
{{- end }}
{{- end -}}
