{{/* Values of llm-d's charts, of now and before, with what they are here. */}}
{{- define "tandem-standalone.moved" -}}
{{ include "tandem.picker.moved" . }}
router.modelServers.protocol: leave it out, model servers are asked by HTTP/1.1
router.inferencePool.failureMode: give proxy.failOpen
router.inferenceObjectives: give picker.config.objectives, or make InferenceObjectives beside the chart
router.proxy.enabled: leave it out, or use the chart tandem-gateway
router.proxy.proxyType: leave it out, the proxy is Envoy
router.proxy.mode: give proxy.mode
router.proxy.replicas: give proxy.replicas
router.proxy.failOpen: give proxy.failOpen
router.proxy.image: give proxy.image
router.proxy.args: give proxy.concurrency, proxy.logLevel and proxy.extraArgs
router.proxy.resources: give proxy.resources
router.proxy.affinity: give proxy.affinity
router.proxy.tolerations: give proxy.tolerations
router.proxy.nodeSelector: give proxy.nodeSelector
router.proxy.podAnnotations: give proxy.podAnnotations
router.proxy.service: give service
router.proxy.ports: give proxy.ports
inferenceExtension: give picker (image, config for flags, plugins for pluginsCustomConfig), proxy and monitoring
inferencePool.modelServers: give modelServers.matchLabels
inferencePool.targetPorts: give modelServers.targetPorts, a list of numbers
inferencePool.targetPortNumber: give modelServers.targetPorts, a list of numbers
inferencePool.modelServerProtocol: leave it out, model servers are asked by HTTP/1.1
inferencePool.failureMode: give proxy.failOpen
inferenceObjectives: give picker.config.objectives, or make InferenceObjectives beside the chart
experimentalHttpRoute: leave it out, or use the chart tandem-gateway
httpRoute.create: give httpRoute.enabled for a route to Envoy, or use the chart tandem-gateway for one to an InferencePool
httpRoute.inferenceGatewayName: give httpRoute.parentRefs
provider: leave it out, or use the chart tandem-gateway
{{- end -}}
