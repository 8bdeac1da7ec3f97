{{/* Fails with one sentence where values do not go together. In: the chart's root. */}}
{{- define "tandem-standalone.validate" -}}
{{- include "tandem.refuseDisabled" . -}}
{{- include "tandem.refuseMoved" (dict "values" .Values "of" "llm-d's charts" "moved" (include "tandem-standalone.moved" . | fromYaml)) -}}
{{- include "tandem-standalone.validateServers" .Values -}}
{{- include "tandem-standalone.validatePods" . -}}
{{- include "tandem-standalone.validatePool" .Values -}}
{{- include "tandem-standalone.validateProxy" .Values -}}
{{- include "tandem-standalone.validatePicker" .Values -}}
{{- range $key := list "ingress" "httpRoute" }}
{{- if and (get $.Values $key).enabled (not $.Values.service.enabled) -}}
{{- fail (printf "%s.enabled: it leads to the Service; set service.enabled to true" $key) -}}
{{- end -}}
{{- end }}
{{- end -}}

{{- define "tandem-standalone.validateServers" -}}
{{- $servers := .modelServers -}}
{{- $given := list -}}
{{- range $key := list "matchLabels" "endpoints" "hosts" }}
{{- if get $servers $key }}{{ $given = append $given (printf "modelServers.%s" $key) }}{{ end }}
{{- end }}
{{- if not $given -}}
{{- fail "modelServers: nothing says where the model servers are; give modelServers.matchLabels (of pods), modelServers.endpoints or modelServers.hosts" -}}
{{- end -}}
{{- if gt (len $given) 1 -}}
{{- fail (printf "%s: both say where the model servers are; give one of them" (join " and " $given)) -}}
{{- end -}}
{{- if not $servers.hosts -}}
{{- range $key := list "models" "routes" }}
{{- if get $servers $key }}{{ fail (printf "modelServers.%s: it goes with modelServers.hosts; leave it out" $key) }}{{ end }}
{{- end }}
{{- end -}}
{{- if and $servers.models (ne (len $servers.models) (len $servers.hosts)) -}}
{{- fail (printf "modelServers.models: %d for %d hosts; give one for each host, several of one host parted by |" (len $servers.models) (len $servers.hosts)) -}}
{{- end -}}
{{- if and $servers.directRoles (not $servers.matchLabels) -}}
{{- fail "modelServers.directRoles: it goes with modelServers.matchLabels; leave it out (endpoints say their role by labels)" -}}
{{- end -}}
{{- if and $servers.matchLabels (not $servers.targetPorts) -}}
{{- fail "modelServers.targetPorts is empty: give the ports at which the pods serve" -}}
{{- end -}}
{{- if and .picker.plugins $servers.hosts -}}
{{- fail "picker.plugins: with modelServers.hosts the picker has one routing logic; give picker.config.routing-logic, or modelServers.endpoints in place of hosts" -}}
{{- end -}}
{{- end -}}

{{/* What Envoy finds by DNS must be model servers that may get any request. In: the chart's root. */}}
{{- define "tandem-standalone.validatePods" -}}
{{- $servers := .Values.modelServers -}}
{{- range $component := list "proxy" "picker" -}}
{{- $podLabels := (get $.Values $component).podLabels -}}
{{- include "tandem.refuseOwnPods" (dict "root" $ "component" $component "podLabels" $podLabels "matchLabels" $servers.matchLabels) -}}
{{- end -}}
{{- if and $servers.matchLabels (not $servers.directRoles) (eq .Values.proxy.routing "override-host") (eq (toString .Values.picker.plugins) "prefill-decode") -}}
{{- fail "modelServers.directRoles is empty: with picker.plugins prefill-decode some pods only prefill, and Envoy would take those for its own choices; give the roles that may get any request, such as [decode]" -}}
{{- end -}}
{{- if eq (include "tandem-standalone.proxyName" .) (include "tandem-standalone.pickerName" .) -}}
{{- fail (printf "proxy.name and picker.name are both %s: give each a name of its own" (include "tandem-standalone.proxyName" .)) -}}
{{- end -}}
{{- end -}}

{{- define "tandem-standalone.validatePool" -}}
{{- $pool := .inferencePool -}}
{{- if and (or $pool.create $pool.name) (not .modelServers.matchLabels) -}}
{{- fail (printf "inferencePool.%s: a pool is of pods; give modelServers.matchLabels, or leave the pool out" (ternary "create" "name" $pool.create)) -}}
{{- end -}}
{{- if and $pool.create (ne $pool.group "inference.networking.k8s.io") -}}
{{- fail (printf "inferencePool.group is %s: the chart makes pools of inference.networking.k8s.io alone; set inferencePool.create to false" $pool.group) -}}
{{- end -}}
{{- end -}}

{{- define "tandem-standalone.validateProxy" -}}
{{- $proxy := .proxy -}}
{{- $ports := list -}}
{{- range $name, $port := $proxy.ports }}{{ $ports = append $ports (dict "name" (printf "proxy.ports.%s" $name) "first" $port) }}{{ end -}}
{{- $others := list -}}
{{- range $name, $port := .picker.ports }}{{ $others = append $others (dict "name" (printf "picker.ports.%s" $name) "first" $port) }}{{ end -}}
{{- if eq $proxy.mode "sidecar" -}}
{{- include "tandem.ports.disjoint" (dict "ranges" (concat $ports $others)) -}}
{{- else -}}
{{- include "tandem.ports.disjoint" (dict "ranges" $ports) -}}
{{- include "tandem.ports.disjoint" (dict "ranges" $others) -}}
{{- end -}}
{{- if and (eq $proxy.routing "override-host") (eq $proxy.requestBody "full-duplex") -}}
{{- fail "proxy.requestBody is full-duplex: a body that has streamed through cannot be sent to a second choice; set proxy.routing to original-dst, or leave proxy.requestBody at buffered" -}}
{{- end -}}
{{- if and (eq $proxy.routing "original-dst") $proxy.failOpen -}}
{{- fail "proxy.failOpen: with proxy.routing original-dst Envoy knows no model server to go to; set proxy.routing to override-host" -}}
{{- end -}}
{{- $version := include "tandem-standalone.envoyVersion" $proxy -}}
{{- if and $version (semverCompare "<1.36" $version) -}}
{{- fail (printf "%s: Envoy %s does not take the chart's configuration; give 1.36 or later%s" (ternary "proxy.version" (printf "proxy.image.tag is %s" $proxy.image.tag) (not (empty $proxy.version))) $version (ternary "" ", or proxy.version where the tag tells something else" (not (empty $proxy.version)))) -}}
{{- end -}}
{{- if and (hasSuffix "DualStack" (.service.ipFamilyPolicy | default "")) (not (contains ":" $proxy.bindAddress)) -}}
{{- fail (printf "service.ipFamilyPolicy is %s and proxy.bindAddress %s: clients by IPv6 would reach nobody; set proxy.bindAddress to '::'" .service.ipFamilyPolicy $proxy.bindAddress) -}}
{{- end -}}
{{- if ge (int $proxy.drain.minSeconds) (int $proxy.drain.maxSeconds) -}}
{{- fail (printf "proxy.drain.minSeconds is %v and proxy.drain.maxSeconds %v: the first must be lower" $proxy.drain.minSeconds $proxy.drain.maxSeconds) -}}
{{- end -}}
{{- if and $proxy.autoscaling.enabled (gt (int $proxy.autoscaling.minReplicas) (int $proxy.autoscaling.maxReplicas)) -}}
{{- fail (printf "proxy.autoscaling.minReplicas is %v and maxReplicas %v: the first must not be higher" $proxy.autoscaling.minReplicas $proxy.autoscaling.maxReplicas) -}}
{{- end -}}
{{- if and $proxy.autoscaling.enabled (not (($proxy.resources | default dict).requests | default dict).cpu) -}}
{{- fail "proxy.autoscaling.enabled: it goes by the CPU that is requested; give proxy.resources.requests.cpu" -}}
{{- end -}}
{{- end -}}

{{- define "tandem-standalone.validatePicker" -}}
{{- $picker := .picker -}}
{{- if and (eq .proxy.mode "sidecar") (ne (int $picker.replicas) 1) -}}
{{- fail (printf "picker.replicas is %v: in mode sidecar each of Envoy's pods has a picker of its own; give proxy.replicas, or set proxy.mode to service" $picker.replicas) -}}
{{- end -}}
{{- if and $picker.tls.secretName (not $picker.tls.enabled) -}}
{{- fail "picker.tls.secretName: picker.tls.enabled is false; set it to true, or leave the Secret out" -}}
{{- end -}}
{{- if and $picker.tls.serverName (not $picker.tls.secretName) -}}
{{- fail "picker.tls.serverName: a certificate that the picker signs itself is checked by nobody; give picker.tls.secretName, or leave the name out" -}}
{{- end -}}
{{- /* Five seconds are the picker's own. */ -}}
{{- $timeout := get ($picker.config | default dict) "decision-timeout" | default "5s" -}}
{{- if and (eq .proxy.requestBody "buffered") (ge (int (include "tandem.seconds" $timeout)) (int (include "tandem.seconds" .proxy.messageTimeout))) -}}
{{- fail (printf "proxy.messageTimeout is %s: Envoy would give up before the picker does, whose decision-timeout is %s; give a longer one" .proxy.messageTimeout $timeout) -}}
{{- end -}}
{{- end -}}
