{{/* Fails with one sentence where a sidecar's settings do not go together, or with a pod. In: as of tandem.sidecar.config. */}}
{{- define "tandem.sidecar.validate" -}}
{{- $given := include "tandem.sidecar.given" .sidecar | fromYaml -}}
{{- $tls := .sidecar.tls | default dict -}}
{{- $trust := .sidecar.trust | default dict -}}
{{- range $name := list "inference-pool" "inference-pool-name" "inference-pool-namespace" "pool-group" }}
{{- if hasKey $given $name -}}
{{- fail (printf "sidecar.config.%s: say it as inferencePool.name, namespace and group, which its rights follow too" $name) -}}
{{- end -}}
{{- end }}
{{- range $name := list "configuration" "configuration-file" "config" }}
{{- if hasKey $given $name -}}
{{- fail (printf "sidecar.args: --%s says what the chart cannot see; give sidecar.config in its place" $name) -}}
{{- end -}}
{{- end }}
{{- if eq "0" (include "tandem.sidecar.metricsPort" $given) -}}
{{- fail "sidecar.config.metrics-port is 0: the probes need that port; give it a number" -}}
{{- end -}}
{{- if regexMatch "^(127\\.|::1$|localhost$)" (toString (get $given "bind-address")) -}}
{{- fail "sidecar.config.bind-address is the loopback: neither clients nor probes would reach it; leave it out" -}}
{{- end -}}
{{- if and $tls.secretName (hasKey $given "secure-proxy") (not (get $given "secure-proxy")) -}}
{{- fail "sidecar.config.secure-proxy is false, and sidecar.tls.secretName asks for TLS: leave one of them out" -}}
{{- end -}}
{{- if and $tls.secretName (hasKey $given "cert-path") -}}
{{- fail "sidecar.config.cert-path: sidecar.tls.secretName says where the certificate is; leave one of them out" -}}
{{- end -}}
{{- if and $trust.configMap $trust.secret -}}
{{- fail "sidecar.trust.configMap and sidecar.trust.secret: give one of them" -}}
{{- end -}}
{{- if and (or $trust.configMap $trust.secret) (hasKey $given "ca-cert") -}}
{{- fail "sidecar.config.ca-cert: sidecar.trust says where the certificates are; leave one of them out" -}}
{{- end -}}
{{- range $name := list "log-file" "log-dir" }}
{{- if and (get $given $name) (not $.sidecar.volumeMounts) -}}
{{- fail (printf "sidecar.config.%s: the root file system is read-only; give sidecar.volumeMounts for it, or leave it out (logs go to stderr)" $name) -}}
{{- end -}}
{{- end }}
{{- $ranks := int (get $given "data-parallel-size" | default 1) -}}
{{- include "tandem.ports.disjoint" (dict "ranges" (list
  (dict "name" "sidecar.config.port" "first" (get $given "port" | default 8000) "count" $ranks)
  (dict "name" "sidecar.config.model-server-port" "first" (get $given "model-server-port" | default 8001) "count" $ranks)
  (dict "name" "sidecar.config.metrics-port" "first" (include "tandem.sidecar.metricsPort" $given))
)) -}}
{{- end -}}
