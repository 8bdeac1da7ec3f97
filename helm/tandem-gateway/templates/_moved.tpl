{{/* Values of llm-d's charts, of now and before, with what they are here. */}}
{{- define "tandem-gateway.moved" -}}
{{ include "tandem.picker.moved" . }}
router.modelServers.protocol: give modelServers.appProtocol
router.inferencePool.failureMode: give inferencePool.failureMode
router.inferenceObjectives: give inferenceObjectives
router.epp.deploymentStrategy: give picker.strategy
router.proxy: leave it out, or use the chart tandem-standalone
inferenceExtension: give picker (replicas, image, config for flags, plugins for pluginsCustomConfig) and monitoring
inferencePool.modelServers: give modelServers.matchLabels
inferencePool.targetPorts: give modelServers.targetPorts, a list of numbers
inferencePool.targetPortNumber: give modelServers.targetPorts, a list of numbers
inferencePool.modelServerProtocol: give modelServers.appProtocol
experimentalHttpRoute: give httpRoute (create, parentRefs, requestTimeout, baseModel, headers)
httpRoute.inferenceGatewayName: 'give httpRoute.parentRefs, such as [{ name: inference-gateway }]'
httpRoute.inferenceGatewayNamespace: give the namespace in httpRoute.parentRefs
httpRoute.headerMatches: give httpRoute.headers
provider.gke.autopilot: leave it out, the chart makes no PodMonitoring
provider.gke.preferredBackends: leave it out, all pickers work at once
provider.istio.destinationRule: give provider.istio.trafficPolicy
{{- end -}}
