{{/*
The settings that a sidecar runs with: its `config`, with what the chart says better than its user. In: sidecar
(config), pool (name, namespace, group).
*/}}
{{- define "tandem.sidecar.config" -}}
{{- $config := deepCopy (.sidecar.config | default dict) -}}
{{- $usesPool := or (get $config "enable-ssrf-protection") (get $config "prefiller-discovery") (eq (toString (get $config "prefiller-fallback")) "pool") -}}
{{- if $usesPool -}}
{{- if not (get $config "inference-pool") -}}
{{- $name := required "inferencePool.name is missing: the sidecar watches that InferencePool for enable-ssrf-protection, prefiller-discovery and prefiller-fallback=pool" .pool.name -}}
{{- $_ := set $config "inference-pool" (printf "%s/%s" .pool.namespace $name) -}}
{{- end -}}
{{- if not (get $config "pool-group") -}}{{- $_ := set $config "pool-group" .pool.group -}}{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* "true" where the sidecar asks the Kubernetes API. In: config (a map). */}}
{{- define "tandem.sidecar.usesKubernetes" -}}
{{- if hasKey . "inference-pool" -}}true{{- end -}}
{{- end -}}

{{/*
The sidecar as a native sidecar: an item of a pod's initContainers. It starts before the model server and ends after it,
so it carries streams to their end. Charts of others include it:

  initContainers:
    {{- include "tandem.sidecar.container" (dict "sidecar" .Values.sidecar "pool" .Values.inferencePool "tag" "0.1.0") | nindent 4 }}

In: sidecar (image, config, name, portName, extraArgs, env, resources, securityContext, volumeMounts; all but image may be left
out), pool (name, namespace, group; needed where config asks for a pool), tag (of the image where it has none).
*/}}
{{- define "tandem.sidecar.container" -}}
{{- $sidecar := .sidecar -}}
{{- $config := include "tandem.sidecar.config" (dict "sidecar" $sidecar "pool" (.pool | default dict)) | fromYaml -}}
{{- $port := int (get $config "port" | default 8000) -}}
{{- $ranks := int (get $config "data-parallel-size" | default 1) -}}
{{- $metricsPort := int (ternary (get $config "metrics-port") 9090 (hasKey $config "metrics-port")) -}}
{{- if eq $metricsPort 0 -}}{{- fail "sidecar.config.metrics-port is 0: the probes need that port; give it a number" -}}{{- end -}}
- name: {{ $sidecar.name | default "routing-proxy" }}
  image: {{ include "tandem.image" (dict "image" $sidecar.image "tag" .tag) }}
  imagePullPolicy: {{ $sidecar.image.pullPolicy | default "IfNotPresent" }}
  # A native sidecar: up before the model server, gone after it.
  restartPolicy: Always
  args:
    - sidecar
    {{- include "tandem.args" $config | trim | nindent 4 }}
    {{- range $sidecar.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  env:
    - name: POD_IP
      valueFrom: { fieldRef: { fieldPath: status.podIP } }
    {{- with $sidecar.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range $rank := until $ranks }}
    - name: {{ $sidecar.portName | default "sidecar" }}{{ if $rank }}-{{ $rank }}{{ end }}
      containerPort: {{ add $port $rank }}
    {{- end }}
    - name: proxy-metrics
      containerPort: {{ $metricsPort }}
  # None of these ask the model server but the last, which starts only after the first has passed.
  startupProbe:
    httpGet: { path: /health, port: proxy-metrics }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    httpGet: { path: /health, port: proxy-metrics }
    periodSeconds: 10
    timeoutSeconds: 3
  readinessProbe:
    httpGet: { path: /health/ready, port: proxy-metrics }
    periodSeconds: 2
    timeoutSeconds: 2
  {{- with $sidecar.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.securityContext" $sidecar.securityContext | nindent 4 }}
  {{- with $sidecar.volumeMounts }}
  volumeMounts: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
