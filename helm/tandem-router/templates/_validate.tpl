{{/* Refuses values that would not do what they seem to, each with a sentence that says the mend. In: the chart's root. */}}
{{- define "tandem-router.validate" -}}
{{- include "tandem.refuseDisabled" . -}}
{{- include "tandem-router.refuseMoved" . -}}
{{- include "tandem-router.validateArguments" . -}}
{{- include "tandem-router.validateConfig" . -}}
{{- include "tandem-router.validateWorkers" . -}}
{{- include "tandem-router.validateReplicas" . -}}
{{- include "tandem-router.validatePorts" . -}}
{{- include "tandem-router.validateEnding" . -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.from) -}}
{{- fail "networkPolicy.from is empty: nobody could send a request; say who may, such as the gateway: [{ namespaceSelector: {} }] means everybody" -}}
{{- end -}}
{{- end -}}

{{/* Settings that have another name, another place, or no part in this router. */}}
{{- define "tandem-router.validateConfig" -}}
{{- $settings := .Files.Get "files/settings.json" | fromJson -}}
{{- $places := dict "selector" "workers.selector" "prefill-selector" "workers.prefillSelector" "decode-selector" "workers.decodeSelector" "service-discovery" "workers.selector" "service-discovery-port" "workers.port" "service-discovery-namespace" "workers.namespace" "worker-urls" "workers.urls" "prefill" "workers.prefill" "decode" "workers.decode" -}}
{{- $secrets := dict "api-key" "keys.clients" "admin-api-key" "keys.admin" "worker-api-key" "keys.workers" -}}
{{- range $name, $value := .Values.router.config -}}
{{- $full := printf "router.config.%s" $name -}}
{{- if kindIs "invalid" $value -}}
{{- else if hasKey $places $name -}}
{{- fail (printf "%s is given as %s in this chart, which makes the rights and the ports that go with it" $full (get $places $name)) -}}
{{- else if hasKey $secrets $name -}}
{{- $key := get $secrets $name -}}
{{- fail (printf "%s would stand readable in the pod: put it into a Secret and give %s={secret: NAME, key: %s}" $full $key $name) -}}
{{- else if hasKey $settings.renamed $name -}}
{{- fail (printf "%s is an older name: give router.config.%s" $full (get $settings.renamed $name)) -}}
{{- else if hasKey $settings.foreign $name -}}
{{- fail (printf "%s has no part in this router: %s" $full (get $settings.foreign $name)) -}}
{{- else if contains "_" $name -}}
{{- fail (printf "%s: settings are written with dashes, give router.config.%s" $full (replace "_" "-" $name)) -}}
{{- else if not (has $name $settings.known) -}}
{{- fail (printf "%s is no setting of the router: docs/router-configuration.md lists them" $full) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Arguments are those after the program's name, and keys are none. */}}
{{- define "tandem-router.validateArguments" -}}
{{- $first := first (.Values.router.extraArgs | default (list "-")) -}}
{{- if not (hasPrefix "-" $first) -}}
{{- fail (printf "router.extraArgs begins with %s, which is no flag: leave the program's name out" (quote $first)) -}}
{{- end -}}
{{- range $name, $key := dict "api-key" "keys.clients" "admin-api-key" "keys.admin" "worker-api-key" "keys.workers" -}}
{{- if hasKey (include "tandem.givenFlags" $.Values.router.extraArgs | fromYaml) $name -}}
{{- fail (printf "router.extraArgs: --%s would stand readable in the pod: put the key into a Secret and give %s={secret: NAME, key: %s}" $name $key $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "tandem-router.validateWorkers" -}}
{{- $flags := include "tandem.givenFlags" .Values.router.extraArgs | fromYaml -}}
{{- $config := include "tandem-router.config" . | fromYaml -}}
{{- $isGiven := false -}}
{{- range list "selector" "prefill-selector" "decode-selector" "worker-urls" "prefill" "decode" "discovery-file" "vllm-discovery-address" -}}
{{- if or (hasKey $config .) (hasKey $flags .) -}}{{- $isGiven = true -}}{{- end -}}
{{- end -}}
{{- if not (or $isGiven .Values.keys.admin.secret .Values.keys.clients.secret) -}}
{{- fail "there are no workers: give workers.selector, the labels of pods such as {app: vllm}, or workers.urls, or workers.prefill and workers.decode; who adds workers by POST /workers gives keys.admin.secret" -}}
{{- end -}}
{{- $asks := include "tandem-router.usesKubernetes" . -}}
{{- if and $asks (not (or (hasKey $config "selector") (hasKey $config "prefill-selector") (hasKey $config "decode-selector") (hasKey $flags "selector") (hasKey $flags "prefill-selector") (hasKey $flags "decode-selector"))) -}}
{{- fail "router.extraArgs asks for pods and says not which: give workers.selector, such as {app: vllm}" -}}
{{- end -}}
{{- if and .Values.workers.namespace (not $asks) -}}
{{- fail "workers.namespace says where pods are, and no pods are asked for: give workers.selector, or leave workers.namespace out" -}}
{{- end -}}
{{- $workers := .Values.workers -}}
{{- $isPrefilled := or $workers.prefillSelector $workers.prefill -}}
{{- $isDecoded := or $workers.decodeSelector $workers.decode -}}
{{- $others := .Values.keys.admin.secret -}}
{{- range list "discovery-file" "vllm-discovery-address" -}}
{{- if or (hasKey $config .) (hasKey $flags .) -}}{{- $others = . -}}{{- end -}}
{{- end -}}
{{- if and $isPrefilled (not (or $isDecoded $others (hasKey $flags "decode") (hasKey $flags "decode-selector"))) -}}
{{- fail (printf "workers.%s has nobody to hand over to: give workers.decodeSelector, or workers.decode" (ternary "prefillSelector" "prefill" (not (empty $workers.prefillSelector)))) -}}
{{- end -}}
{{- if and $isDecoded (not (or $isPrefilled $others (hasKey $flags "prefill") (hasKey $flags "prefill-selector") (get $config "pd-decode-fallback") (hasKey $flags "pd-decode-fallback"))) -}}
{{- fail (printf "workers.%s has nobody to prefill for it: give workers.prefillSelector or workers.prefill; workers that do both are workers.selector or workers.urls" (ternary "decodeSelector" "decode" (not (empty $workers.decodeSelector)))) -}}
{{- end -}}
{{- end -}}

{{/* Streams that are still to end get the time that is left of it. */}}
{{- define "tandem-router.validateEnding" -}}
{{- $accept := include "tandem-router.setting" (dict "root" . "name" "shutdown-accept-secs" "default" "0") | float64 -}}
{{- $grace := include "tandem-router.setting" (dict "root" . "name" "shutdown-grace-period-secs" "default" "180") | float64 -}}
{{- if and (gt $accept 0.0) (ge $accept $grace) -}}
{{- fail (printf "router.config.shutdown-accept-secs is %v and router.config.shutdown-grace-period-secs %v, of which it is part: what is taken last would have no time to end; give a longer grace period" $accept $grace) -}}
{{- end -}}
{{- end -}}

{{- define "tandem-router.validatePorts" -}}
{{- $ranges := list (dict "name" "router.config.port" "first" (include "tandem-router.clientPort" .)) (dict "name" "router.config.prometheus-port" "first" (include "tandem-router.metricsPort" .)) -}}
{{- $served := list (dict "name" "service.port" "first" .Values.service.port) (index $ranges 1) -}}
{{- with include "tandem-router.announcePort" . -}}
{{- $announce := dict "name" "router.config.vllm-discovery-address" "first" . -}}
{{- $ranges = append $ranges $announce -}}
{{- $served = append $served $announce -}}
{{- end -}}
{{- include "tandem.ports.disjoint" (dict "ranges" $ranges) -}}
{{- include "tandem.ports.disjoint" (dict "ranges" $served "of" "the Service") -}}
{{- end -}}

{{/* Workers of p2pnccl announce themselves at one address: that must be one pod. */}}
{{- define "tandem-router.validateReplicas" -}}
{{- if include "tandem-router.setting" (dict "root" . "name" "vllm-discovery-address" "default" "") -}}
{{- if .Values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: workers announce themselves to one pod (vllm-discovery-address), others would not know them; leave it off" -}}
{{- end -}}
{{- if ne (int .Values.router.replicas) 1 -}}
{{- fail (printf "router.replicas is %v: workers announce themselves to one pod (vllm-discovery-address), others would not know them; give 1" .Values.router.replicas) -}}
{{- end -}}
{{- end -}}
{{- end -}}
