{{/* Values of the picker in llm-d's charts, with what they are here. */}}
{{- define "tandem.picker.moved" -}}
router.modelServers.matchLabels: give modelServers.matchLabels
router.modelServers.targetPorts: give modelServers.targetPorts, a list of numbers
router.modelServers.targetPortNumber: give modelServers.targetPorts, a list of numbers
router.modelServers.type: leave it out, or label the pods with llm-d.ai/engine-type
router.inferencePool.create: give inferencePool.create
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
router.clusterDomain: give clusterDomain
router.imagePullSecrets: give imagePullSecrets
inferencePool.modelServerType: leave it out, or label the pods with llm-d.ai/engine-type
inferencePool.apiVersion: leave it out, pools are of inference.networking.k8s.io/v1
picker.config.v: give picker.config.log-level, debug for 4 and trace for 5
picker.config.zap-log-level: give picker.config.log-level
picker.config.zap-encoder: give picker.config.log-format
picker.config.health-checking: leave it out, the health service is always there
picker.config.ha-enable-leader-election: leave it out, all pickers work at once
picker.config.metrics-endpoint-auth: leave it out, metrics need no token
picker.config.allow-experimental-plugins: leave it out, all plugins are allowed
picker.config.enable-pprof: leave it out, there is none
picker.config.enable-grpc-stream-metrics: leave it out, there are none
{{- end -}}
