{{/* Refuses values of llm-d's chart of model servers, and older names of settings, with what they are called here. In: the chart's root. */}}
{{- define "tandem-sidecar.refuseMoved" -}}
{{- $moved := dict
  "modelArtifacts.name" "give modelServer.model"
  "modelArtifacts.uri" "give modelServer.model; weights on a claim: modelServer.cache.persistentVolumeClaim"
  "modelArtifacts.authSecretName" "give modelServer.tokenSecret.name"
  "modelArtifacts.labels" "give decode.podLabels and prefill.podLabels"
  "modelArtifacts.size" "give modelServer.cache.sizeLimit"
  "modelArtifacts.mountPath" "give modelServer.volumeMounts"
  "modelArtifacts.readOnly" "give modelServer.volumeMounts"
  "routing.servicePort" "give sidecar.config.port"
  "routing.proxy.enabled" "leave it out: decoders have the sidecar"
  "routing.proxy.image" "give sidecar.image, Tandem's"
  "routing.proxy.imagePullPolicy" "give sidecar.image.pullPolicy"
  "routing.proxy.targetPort" "give sidecar.config.model-server-port"
  "routing.proxy.connector" "give sidecar.config.kv-connector"
  "routing.proxy.secure" "give sidecar.config.secure-proxy"
  "routing.proxy.prefillerUseTLS" "give prefill.tls.secretName, or sidecar.config.enable-tls: [prefiller]"
  "routing.proxy.certPath" "give sidecar.tls.secretName"
  "routing.proxy.zapEncoder" "give sidecar.config.log-format"
  "routing.proxy.zapLogLevel" "give sidecar.config.log-level"
  "serviceAccountOverride" "give serviceAccount.create false and serviceAccount.name"
  "multinode" "leave it out: pods of several nodes are explained in docs/deploy/sidecar.md"
  "accelerator" "give decode.resources and prefill.resources"
  "requester" "leave it out"
  "tracing" "give sidecar.config.tracing, and OTEL_ variables in sidecar.env and modelServer.env"
  "common" "leave it out"
  "extraObjects" "leave it out, and apply them beside"
  "sidecar.config.connector" "give sidecar.config.kv-connector"
  "sidecar.config.vllm-port" "give sidecar.config.model-server-port"
  "sidecar.config.secure-serving" "give sidecar.config.secure-proxy"
  "sidecar.config.zap-log-level" "give sidecar.config.log-level"
  "sidecar.config.zap-encoder" "give sidecar.config.log-format"
-}}
{{- range $role := list "decode" "prefill" -}}
{{- $_ := set $moved (printf "%s.create" $role) (ternary "give prefill.enabled" "leave it out: this chart is for decoders; give decode.replicas" (eq $role "prefill")) -}}
{{- $_ := set $moved (printf "%s.containers" $role) (printf "give modelServer.image, modelServer.extraArgs and modelServer.env, or %s.extraArgs, env and resources; further containers are %s.extraContainers" $role $role) -}}
{{- $_ := set $moved (printf "%s.initContainers" $role) (printf "give %s.extraInitContainers" $role) -}}
{{- $_ := set $moved (printf "%s.parallelism" $role) (printf "give %s.extraArgs: [--tensor-parallel-size=N], and for ranks sidecar.config.data-parallel-size" $role) -}}
{{- $_ := set $moved (printf "%s.acceleratorTypes" $role) (printf "give %s.nodeSelector or %s.affinity" $role $role) -}}
{{- $_ := set $moved (printf "%s.resourceClaims" $role) (printf "give %s.podSpec.resourceClaims" $role) -}}
{{- $_ := set $moved (printf "%s.monitoring" $role) "give monitoring.podMonitor" -}}
{{- $_ := set $moved (printf "%s.autoscaling" $role) "leave it out: docs/deploy/sidecar.md tells how to scale" -}}
{{- end -}}
{{- include "tandem.refuseMoved" (dict "values" .Values "moved" $moved "of" "llm-d's charts") -}}
{{- range list "modelArtifacts" "routing" -}}
{{- if get $.Values . -}}
{{- fail (printf "%s is a value of llm-d's chart of model servers: this chart has sidecar, modelServer, decode and prefill in its place (docs/deploy/sidecar.md)" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
