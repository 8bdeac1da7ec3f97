{{/*
The sidecar as a native sidecar: an item of a pod's initContainers. It starts before the model server and ends after it,
so it carries streams to their end. Charts of others include it (docs/deploy/sidecar.md):

  initContainers:
    {{- include "tandem.sidecar.container" (dict "sidecar" .Values.sidecar "pool" .Values.inferencePool "tag" "0.1.0") | nindent 4 }}

In: sidecar (image, config, args, name, portName, env, resources, securityContext, volumeMounts, tls, trust; all but image may be
left out), pool (name, namespace, group; needed where config asks for a pool), tag (of the image where it has none),
prefillersUseTls. With a pool, tls or trust the pod needs the volumes of tandem.sidecar.volumes.
*/}}
{{- define "tandem.sidecar.container" -}}
{{- include "tandem.sidecar.validate" . -}}
{{- $sidecar := .sidecar -}}
{{- $with := dict "sidecar" $sidecar "pool" (.pool | default dict) "prefillersUseTls" .prefillersUseTls -}}
{{- $config := include "tandem.sidecar.config" $with | fromYaml -}}
{{- $rest := deepCopy $config -}}
{{- range $name, $_ := include "tandem.sidecar.fromArgs" $sidecar.args | fromYaml }}{{ $_ := unset $rest $name }}{{ end -}}
{{- $mounts := include "tandem.sidecar.mounts" (dict "sidecar" $sidecar "config" $config) -}}
- name: {{ $sidecar.name | default "routing-proxy" }}
  image: {{ include "tandem.image" (dict "image" $sidecar.image "tag" .tag) }}
  imagePullPolicy: {{ $sidecar.image.pullPolicy | default "IfNotPresent" }}
  # A native sidecar: up before the model server, gone after it.
  restartPolicy: Always
  args:
    {{- range $sidecar.args | default (list "sidecar") }}
    - {{ . | quote }}
    {{- end }}
    {{- with include "tandem.args" $rest | trim }}
    {{- . | nindent 4 }}
    {{- end }}
  env:
    - name: POD_IP
      valueFrom: { fieldRef: { fieldPath: status.podIP } }
    {{- with $sidecar.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range $rank, $port := include "tandem.sidecar.ports" $config | fromYamlArray }}
    - name: {{ $sidecar.portName | default "sidecar" }}{{ if $rank }}-{{ $rank }}{{ end }}
      containerPort: {{ $port }}
    {{- end }}
    - name: proxy-metrics
      containerPort: {{ include "tandem.sidecar.metricsPort" $config }}
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
  resources: {{- include "tandem.resources" . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.securityContext" $sidecar.securityContext | nindent 4 }}
  {{- with $mounts }}
  volumeMounts: {{- . | trim | nindent 4 }}
  {{- end }}
{{- end -}}
