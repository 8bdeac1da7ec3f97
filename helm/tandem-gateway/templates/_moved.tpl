{{/* Values of llm-d's charts, of now and before, with what they are here. */}}
{{- define "tandem-gateway.moved" -}}
router.modelServers.matchLabels: give modelServers.matchLabels
router.modelServers.targetPorts: give modelServers.targetPorts, a list of numbers
router.modelServers.targetPortNumber: give modelServers.targetPorts, a list of numbers
router.modelServers.protocol: give modelServers.appProtocol
router.modelServers.type: leave it out, or label the pods with llm-d.ai/engine-type
router.inferencePool.create: give inferencePool.create
router.inferencePool.failureMode: give inferencePool.failureMode
router.inferenceObjectives: give inferenceObjectives
router.epp.replicas: give picker.replicas
router.epp.image: give picker.image
router.epp.flags: give picker.config
router.epp.env: give picker.env
router.epp.extProcPort: give picker.ports.grpc
router.epp.grpcHealthPort: give picker.ports.health
router.epp.parsers: give requestHandler.parsers in picker.plugins
router.epp.metricsDataSource: give a metrics-data-source in picker.plugins
router.epp.pluginsConfigFile: give picker.plugins
router.epp.pluginsConfig: give picker.plugins
router.epp.pluginsCustomConfig: give picker.plugins, as a map
router.epp.resources: give picker.resources
router.epp.deploymentStrategy: give picker.strategy
router.epp.affinity: give picker.affinity
router.epp.tolerations: give picker.tolerations
router.epp.podAnnotations: give picker.podAnnotations
router.epp.volumes: give picker.volumes
router.epp.volumeMounts: give picker.volumeMounts
router.epp.autoscaling: give picker.replicas
router.metricsPort: give picker.ports.metrics
router.monitoring: give monitoring.podMonitor
router.tracing: give picker.config.tracing and OTEL_ variables in picker.env
router.tokenizer: give a token-producer with vllm.url in picker.plugins
router.latencyPredictor: leave it out, there is none
router.proxy: leave it out, or use the chart tandem-standalone
router.clusterDomain: give clusterDomain
router.imagePullSecrets: give imagePullSecrets
inferenceExtension: give picker (replicas, image, config for flags, plugins for pluginsCustomConfig) and monitoring
inferencePool.modelServers: give modelServers.matchLabels
inferencePool.targetPorts: give modelServers.targetPorts, a list of numbers
inferencePool.targetPortNumber: give modelServers.targetPorts, a list of numbers
inferencePool.modelServerType: leave it out, or label the pods with llm-d.ai/engine-type
inferencePool.modelServerProtocol: give modelServers.appProtocol
inferencePool.apiVersion: leave it out, pools are of inference.networking.k8s.io/v1
experimentalHttpRoute: give httpRoute (create, parentRefs, requestTimeout, baseModel, headers)
httpRoute.inferenceGatewayName: 'give httpRoute.parentRefs, such as [{ name: inference-gateway }]'
httpRoute.inferenceGatewayNamespace: give the namespace in httpRoute.parentRefs
httpRoute.headerMatches: give httpRoute.headers
provider.istio.destinationRule: give provider.istio.trafficPolicy
{{- end -}}
