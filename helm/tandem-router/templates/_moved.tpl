{{/* Refuses values of vLLM's production-stack, with what they are called here. In: the chart's root. */}}
{{- define "tandem-router.refuseMoved" -}}
{{- $moved := dict
  "routerSpec.replicaCount" "give router.replicas"
  "routerSpec.repository" "give router.image.repository, Tandem's image"
  "routerSpec.tag" "give router.image.tag, of Tandem's image"
  "routerSpec.imagePullPolicy" "give router.image.pullPolicy"
  "routerSpec.imagePullSecrets" "give imagePullSecrets"
  "routerSpec.containerPort" "give router.config.port"
  "routerSpec.servicePort" "give service.port"
  "routerSpec.serviceType" "give service.type"
  "routerSpec.serviceAnnotations" "give service.annotations"
  "routerSpec.serviceDiscovery" "give workers.selector for k8s, workers.urls for static"
  "routerSpec.staticBackends" "give workers.urls, a list"
  "routerSpec.staticModels" "give router.config.enable-igw: models are read from the workers"
  "routerSpec.routingLogic" "give router.config.policy: round_robin for roundrobin, consistent_hash for session, cache_aware for prefixaware, kv_aware for kvaware; for disaggregated_prefill give workers.prefillSelector and workers.decodeSelector"
  "routerSpec.sessionKey" "give router.config.session-headers"
  "routerSpec.extraArgs" "give router.config; flags of that router are not this one's"
  "routerSpec.engineScrapeInterval" "give router.config.load-check-interval-secs"
  "routerSpec.requestStatsWindow" "leave it out, load is what is in flight"
  "routerSpec.otel.endpoint" "give router.config.enable-trace and router.config.otlp-traces-endpoint"
  "routerSpec.vllmApiKey.secretName" "give keys.workers.secret"
  "routerSpec.resources" "give router.resources"
  "routerSpec.labels" "give router.podLabels"
  "routerSpec.podAnnotations" "give router.podAnnotations"
  "routerSpec.affinity" "give router.affinity"
  "routerSpec.nodeSelectorTerms" "give router.affinity"
  "routerSpec.priorityClassName" "give router.priorityClassName"
  "routerSpec.strategy" "give router.strategy"
  "routerSpec.autoscaling" "give autoscaling"
  "routerSpec.pdb" "give router.podDisruptionBudget"
  "routerSpec.ingress" "give ingress"
  "routerSpec.route" "give httpRoute"
  "routerSpec.serviceMonitor" "give monitoring.serviceMonitor"
  "servingEngineSpec" "this chart runs no model servers: give the labels of those that run as workers.selector, or install tandem-sidecar"
-}}
{{- include "tandem.refuseMoved" (dict "values" .Values "moved" $moved "of" "vLLM's production-stack") -}}
{{- if .Values.routerSpec -}}
{{- fail "routerSpec is a value of vLLM's production-stack: this chart has router, workers, service and ingress in its place (docs/deploy/router.md)" -}}
{{- end -}}
{{- end -}}
