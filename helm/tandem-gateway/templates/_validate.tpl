{{/* Fails with one sentence where values do not go together. In: the chart's root. */}}
{{- define "tandem-gateway.validate" -}}
{{- include "tandem.refuseDisabled" . -}}
{{- include "tandem.refuseMoved" (dict "values" .Values "of" "llm-d's charts" "moved" (include "tandem-gateway.moved" . | fromYaml)) -}}
{{- include "tandem-gateway.validatePool" .Values -}}
{{- include "tandem.refuseOwnPods" (dict "root" . "component" "picker" "podLabels" .Values.picker.podLabels "matchLabels" .Values.modelServers.matchLabels) -}}
{{- include "tandem-gateway.validateRewrites" .Values -}}
{{- include "tandem-gateway.validatePicker" .Values -}}
{{- include "tandem-gateway.validateProvider" .Values -}}
{{- if .Values.httpRoute.create -}}{{- include "tandem-gateway.validateRoute" . -}}{{- end -}}
{{- end -}}

{{- define "tandem-gateway.validatePool" -}}
{{- $pool := .inferencePool -}}
{{- if and $pool.create (not .modelServers.matchLabels) -}}
{{- fail "modelServers.matchLabels is empty: give the labels of the model servers' pods, such as { app: my-model }, or set inferencePool.create to false" -}}
{{- end -}}
{{- if and $pool.create (ne $pool.group "inference.networking.k8s.io") -}}
{{- fail (printf "inferencePool.group is %s: the chart makes pools of inference.networking.k8s.io alone; set inferencePool.create to false" $pool.group) -}}
{{- end -}}
{{- if and (not $pool.create) (not $pool.name) -}}
{{- fail "inferencePool.name is empty: inferencePool.create is false, so name the pool that is there" -}}
{{- end -}}
{{- if and (not $pool.create) .modelServers.matchLabels -}}
{{- fail "modelServers.matchLabels: inferencePool.create is false, and the pool that is there says which pods it has; leave it out" -}}
{{- end -}}
{{- end -}}

{{- define "tandem-gateway.validateRewrites" -}}
{{- range .inferenceModelRewrites -}}
{{- $name := .name -}}
{{- range .rules -}}
{{- $weighted := 0 -}}
{{- range .targets -}}{{- if hasKey . "weight" -}}{{- $weighted = add $weighted 1 -}}{{- end -}}{{- end -}}
{{- if and $weighted (ne (int $weighted) (len .targets)) -}}
{{- fail (printf "inferenceModelRewrites: of the targets of a rule of %s some have a weight and some none; give all of them one, or none" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "tandem-gateway.validatePicker" -}}
{{- $picker := .picker -}}
{{- range $name := list "service-discovery" "static-hosts" "static-models" "route-config" "routing-logic" "session-key" "endpoint-selector" "endpoint-target-ports" -}}
{{- if get ($picker.config | default dict) $name -}}
{{- fail (printf "picker.config.%s: behind a gateway the picker serves an InferencePool; leave it out, or use the chart tandem-standalone" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (kindIs "map" $picker.plugins) (get (get $picker.plugins "dataLayer" | default dict) "discovery") -}}
{{- fail "picker.plugins.dataLayer.discovery: behind a gateway the picker serves an InferencePool; leave it out" -}}
{{- end -}}
{{- $ranges := list -}}
{{- range $name, $port := $picker.ports -}}{{- $ranges = append $ranges (dict "name" (printf "picker.ports.%s" $name) "first" $port) -}}{{- end -}}
{{- include "tandem.ports.disjoint" (dict "ranges" $ranges) -}}
{{- if get ($picker.config | default dict) "drain-timeout" -}}
{{- fail "picker.config.drain-timeout: the chart sets it; give picker.drain.maxSeconds in its place" -}}
{{- end -}}
{{- if ge (int $picker.drain.minSeconds) (int $picker.drain.maxSeconds) -}}
{{- fail (printf "picker.drain.minSeconds is %v and picker.drain.maxSeconds %v: the first must be lower" $picker.drain.minSeconds $picker.drain.maxSeconds) -}}
{{- end -}}
{{- if and $picker.tls.secretName (not $picker.tls.enabled) -}}
{{- fail "picker.tls.secretName: picker.tls.enabled is false; set it to true, or leave the Secret out" -}}
{{- end -}}
{{- end -}}

{{- define "tandem-gateway.validateProvider" -}}
{{- $provider := .provider.name -}}
{{- if and (not .picker.tls.enabled) (eq $provider "agentgateway") -}}
{{- fail "picker.tls.enabled is false: agentgateway asks pickers by TLS alone; leave it at true" -}}
{{- end -}}
{{- if and (ne $provider "istio") .provider.istio.trafficPolicy -}}
{{- fail (printf "provider.istio.trafficPolicy: provider.name is %s; set it to istio, or leave the policy out" $provider) -}}
{{- end -}}
{{- if eq $provider "agentgateway" -}}
{{- $config := include "tandem.picker.pluginsFile" (dict "plugins" .picker.plugins) | fromYaml -}}
{{- range $config.plugins -}}
{{- $most := int (dig "parameters" "maxNumOfEndpoints" 1 .) -}}
{{- if gt $most 1 -}}
{{- fail (printf "picker.plugins: %s has maxNumOfEndpoints %d, and agentgateway takes one endpoint; give 1, or leave it out" (.name | default .type) $most) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "tandem-gateway.validateRoute" -}}
{{- $route := .Values.httpRoute -}}
{{- if not $route.parentRefs -}}
{{- fail "httpRoute.parentRefs is empty: name the Gateway that the route belongs to, such as [{ name: inference-gateway }]" -}}
{{- end -}}
{{- $own := include "tandem-gateway.poolName" . -}}
{{- $sum := ternary 1 $route.weight (kindIs "invalid" $route.weight) | int -}}
{{- $seen := list $own -}}
{{- range $route.otherPools -}}
{{- if has .name $seen -}}
{{- fail (printf "httpRoute.otherPools: %s is there twice%s; give each pool one weight" .name (ternary " (it is this release's, whose share is httpRoute.weight)" "" (eq .name $own))) -}}
{{- end -}}
{{- $seen = append $seen .name -}}
{{- $sum = add $sum (int .weight) -}}
{{- end -}}
{{- if eq (int $sum) 0 -}}
{{- fail "httpRoute.weight and the weights of httpRoute.otherPools are all 0: no pool would get a request, so give one of them more" -}}
{{- end -}}
{{- $names := list -}}
{{- range $name, $value := $route.headers -}}{{- $names = append $names (lower $name) -}}{{- end -}}
{{- if and $route.baseModel (has "x-gateway-base-model-name" $names) -}}
{{- fail "httpRoute.baseModel and httpRoute.headers both say X-Gateway-Base-Model-Name; give one" -}}
{{- end -}}
{{- end -}}
