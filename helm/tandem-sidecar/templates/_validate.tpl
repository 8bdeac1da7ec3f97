{{/* Fails with one sentence where values do not go together. In: the chart's root. */}}
{{- define "tandem-sidecar.validate" -}}
{{- include "tandem.refuseDisabled" . -}}
{{- include "tandem-sidecar.refuseMoved" . -}}
{{- include "tandem-sidecar.validatePool" . -}}
{{- include "tandem-sidecar.validateEngine" . -}}
{{- include "tandem-sidecar.validatePorts" . -}}
{{- include "tandem-sidecar.validateAccess" .Values -}}
{{- range $name := list "decode" "prefill" }}
{{- range $key, $_ := (get $.Values $name).podSpec }}
{{- if has $key (list "containers" "initContainers" "volumes" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "serviceAccountName" "automountServiceAccountToken" "imagePullSecrets" "securityContext" "terminationGracePeriodSeconds" "restartPolicy") -}}
{{- fail (printf "%s.podSpec.%s: the chart sets it; look for the value that says it (the chart's README.md)" $name $key) -}}
{{- end -}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "tandem-sidecar.validatePool" -}}
{{- $pool := .Values.inferencePool -}}
{{- $ranks := int (include "tandem-sidecar.ranks" .) -}}
{{- if $pool.create -}}
{{- if and $pool.namespace (ne $pool.namespace .Release.Namespace) -}}
{{- fail (printf "inferencePool.namespace is %s: a pool selects pods of its own namespace, and these are in %s; leave it out, or set inferencePool.create to false" $pool.namespace .Release.Namespace) -}}
{{- end -}}
{{- if ne $pool.group "inference.networking.k8s.io" -}}
{{- fail (printf "inferencePool.group is %s: the chart makes pools of inference.networking.k8s.io alone; set inferencePool.create to false" $pool.group) -}}
{{- end -}}
{{- if gt $ranks 8 -}}
{{- fail (printf "sidecar.config.data-parallel-size is %d: an InferencePool has 8 ports at most; set inferencePool.create to false" $ranks) -}}
{{- end -}}
{{- else if $pool.picker.service -}}
{{- fail "inferencePool.picker.service: it goes with inferencePool.create; set that to true, or leave it out" -}}
{{- end -}}
{{- end -}}

{{- define "tandem-sidecar.validateEngine" -}}
{{- $server := .Values.modelServer -}}
{{- $isOther := eq $server.engine "other" -}}
{{- $connector := get (include "tandem-sidecar.config" . | fromYaml) "kv-connector" | default "nixlv2" -}}
{{- if and $isOther (not $server.args) -}}
{{- fail "modelServer.args is empty: with modelServer.engine other the chart knows no arguments; give them, with --port=$(MODEL_SERVER_PORT)" -}}
{{- end -}}
{{- if and $server.args (not $isOther) -}}
{{- fail (printf "modelServer.args: they are for modelServer.engine other, and it is %s; give modelServer.extraArgs" $server.engine) -}}
{{- end -}}
{{- if and $isOther (gt (int (include "tandem-sidecar.ranks" .)) 1) -}}
{{- fail "sidecar.config.data-parallel-size: the chart knows the ports of ranks of vLLM and simulators alone; set it to 1, or bring the model servers as decode.extraContainers" -}}
{{- end -}}
{{- if and (eq $server.engine "vllm") (eq $connector "sglang") -}}
{{- fail "sidecar.config.kv-connector is sglang, which vLLM does not speak: set modelServer.engine to other (examples/sglang.yaml), or another connector" -}}
{{- end -}}
{{- if and .Values.prefill.tls.secretName (ne $server.engine "vllm") -}}
{{- fail (printf "prefill.tls.secretName: the chart knows how vLLM serves TLS, and modelServer.engine is %s; leave it out" $server.engine) -}}
{{- end -}}
{{- end -}}

{{/* What engines listen at beside their API. In: root, name of the role. Out: a list of ranges, as tandem.ports.disjoint takes it. */}}
{{- define "tandem-sidecar.enginePorts" -}}
{{- $server := .root.Values.modelServer -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- $connector := get $config "kv-connector" | default "nixlv2" -}}
{{- $ranks := int (include "tandem-sidecar.ranks" .root) -}}
- { name: modelServer.sideChannelPort, first: {{ int $server.sideChannelPort }}, count: {{ $ranks }} }
{{- if and (eq $server.engine "vllm") (gt $ranks 1) }}
- { name: the supervisor of vLLM's ranks, first: 9256 }
{{- end }}
{{- if and (eq $connector "mooncake") (eq .name "prefill") }}
- { name: sidecar.config.mooncake-bootstrap-port, first: {{ get $config "mooncake-bootstrap-port" | default 8998 | int }} }
{{- end }}
{{- if and (eq $connector "sglang") (eq .name "prefill") }}
- { name: sidecar.config.sglang-bootstrap-port, first: {{ get $config "sglang-bootstrap-port" | default 8998 | int }} }
{{- end }}
{{- if or (eq $connector "offloading") (get $config "enable-p2p-pull") }}
- { name: sidecar.config.p2p-connector-port, first: {{ get $config "p2p-connector-port" | default 7777 | int }}, count: {{ $ranks }} }
{{- end }}
{{- end -}}

{{- define "tandem-sidecar.validatePorts" -}}
{{- $config := include "tandem-sidecar.config" . | fromYaml -}}
{{- $ranks := int (include "tandem-sidecar.ranks" .) -}}
{{- $port := dict "name" "sidecar.config.port" "first" (get $config "port" | default 8000) "count" $ranks -}}
{{- $decode := list $port -}}
{{- $decode = append $decode (dict "name" "sidecar.config.model-server-port" "first" (get $config "model-server-port" | default 8001) "count" $ranks) -}}
{{- $decode = append $decode (dict "name" "sidecar.config.metrics-port" "first" (include "tandem.sidecar.metricsPort" $config)) -}}
{{- include "tandem.ports.disjoint" (dict "ranges" (concat $decode (include "tandem-sidecar.enginePorts" (dict "root" . "name" "decode") | fromYamlArray))) -}}
{{- if .Values.prefill.enabled -}}
{{- include "tandem.ports.disjoint" (dict "ranges" (concat (list $port) (include "tandem-sidecar.enginePorts" (dict "root" . "name" "prefill") | fromYamlArray))) -}}
{{- end -}}
{{- end -}}

{{- define "tandem-sidecar.validateAccess" -}}
{{- if .networkPolicy.enabled -}}
{{- if not .networkPolicy.from -}}
{{- fail "networkPolicy.from is empty: nobody could send a request; say who may, such as the picker and the gateway: [{ namespaceSelector: {} }] means everybody" -}}
{{- end -}}
{{- if and .monitoring.podMonitor (not .networkPolicy.metricsFrom) -}}
{{- fail "networkPolicy.metricsFrom is empty, and monitoring.podMonitor has model servers read: say where Prometheus is, as in a NetworkPolicy's from" -}}
{{- end -}}
{{- end -}}
{{- end -}}
