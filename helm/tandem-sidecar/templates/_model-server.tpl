{{/*
The containers of a pod's model servers: one, which serves all data-parallel ranks, or, of simulators, one a rank. In: root,
role (values of decode or prefill), name of the role.
*/}}
{{- define "tandem-sidecar.modelServers" -}}
{{- $with := . -}}
{{- $port := int (include "tandem-sidecar.modelServerPort" .) -}}
{{- $ranks := int (include "tandem-sidecar.ranks" .root) -}}
{{- $isSimulator := eq .root.Values.modelServer.engine "simulator" -}}
{{- range $rank := until (ternary $ranks 1 $isSimulator) }}
{{ include "tandem-sidecar.modelServer" (merge (dict "rank" $rank "port" (add $port $rank) "ports" (ternary 1 $ranks $isSimulator)) $with) }}
{{- end }}
{{- end -}}

{{/* One of them. In: besides rank, port (its first), ports (how many). */}}
{{- define "tandem-sidecar.modelServer" -}}
{{- $server := .root.Values.modelServer -}}
{{- $isSimulator := eq $server.engine "simulator" -}}
{{- $image := ternary .root.Values.sidecar.image $server.image $isSimulator -}}
{{- $suffix := ternary (printf "-%d" .rank) "" (gt (int .rank) 0) -}}
{{- $isTls := and (eq .name "prefill") .role.tls.secretName -}}
- name: {{ include "tandem-sidecar.modelServerName" .root }}{{ $suffix }}
  image: {{ include "tandem.image" (dict "image" $image "tag" (ternary .root.Chart.AppVersion "" $isSimulator)) }}
  imagePullPolicy: {{ $image.pullPolicy }}
  {{- with $server.command }}
  command: {{- toYaml . | nindent 4 }}
  {{- end }}
  args: {{- include (printf "tandem-sidecar.%sArgs" $server.engine) . | trim | nindent 4 }}
    {{- range concat ($server.extraArgs | default list) (.role.extraArgs | default list) }}
    - {{ . | quote }}
    {{- end }}
  env: {{- include "tandem-sidecar.modelServerEnv" . | trim | nindent 4 }}
  ports:
    {{- range $at := until (int .ports) }}
    - name: model-server{{ $suffix }}{{ if $at }}-{{ $at }}{{ end }}
      containerPort: {{ add $.port $at }}
    {{- end }}
    - name: side-channel{{ $suffix }}
      containerPort: {{ add $server.sideChannelPort .rank }}
    {{- if gt (int .ports) 1 }}
    - name: supervisor
      containerPort: 9256
    {{- end }}
  {{- /* vLLM's supervisor answers for all of its ranks. */ -}}
  {{- $probe := dict "path" "/health" "port" (ternary "supervisor" (printf "model-server%s" $suffix) (gt (int .ports) 1)) -}}
  {{- if $isTls }}{{ $_ := set $probe "scheme" "HTTPS" }}{{ end }}
  startupProbe:
    httpGet: {{- toYaml $probe | nindent 6 }}
    periodSeconds: 5
    failureThreshold: {{ max 1 (div (int (include "tandem.seconds" $server.startupTimeout)) 5) }}
  livenessProbe:
    httpGet: {{- toYaml $probe | nindent 6 }}
    periodSeconds: 10
    timeoutSeconds: 5
  readinessProbe:
    httpGet: {{- toYaml $probe | nindent 6 }}
    periodSeconds: 5
    timeoutSeconds: 2
  {{- if eq .name "decode" }}
  lifecycle: {{- include "tandem.sidecar.preStop" (dict "sidecar" .root.Values.sidecar "seconds" .root.Values.preStopSeconds) | nindent 4 }}
  {{- else }}
  lifecycle: {{- include "tandem.preStop" .root.Values.preStopSeconds | nindent 4 }}
  {{- end }}
  {{- with .role.resources }}
  resources: {{- include "tandem.resources" . | nindent 4 }}
  {{- end }}
  {{- if $isSimulator }}
  securityContext: {{- include "tandem.securityContext" $server.securityContext | nindent 4 }}
  {{- else }}
  {{- $safe := dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) }}
  securityContext: {{- toYaml (mergeOverwrite $safe ($server.securityContext | default dict)) | nindent 4 }}
  {{- end }}
  {{- with include "tandem-sidecar.modelServerMounts" . | trim }}
  volumeMounts: {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The name of its container. In: the chart's root. */}}
{{- define "tandem-sidecar.modelServerName" -}}
{{- ternary "model-server" .Values.modelServer.engine (eq .Values.modelServer.engine "other") -}}
{{- end -}}

{{- define "tandem-sidecar.modelServerEnv" -}}
{{- $server := .root.Values.modelServer -}}
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
{{- if eq $server.engine "other" }}
- name: MODEL_SERVER_PORT
  value: {{ .port | quote }}
{{- end }}
{{- if eq $server.engine "vllm" }}
{{ include "tandem-sidecar.kvEnv" . }}
- name: VLLM_CACHE_ROOT
  value: /cache/vllm
{{- end }}
{{- if ne $server.engine "simulator" }}
- name: HF_HOME
  value: /cache/huggingface
{{- if $server.tokenSecret.name }}
- name: HF_TOKEN
  valueFrom: { secretKeyRef: { name: {{ $server.tokenSecret.name }}, key: {{ $server.tokenSecret.key }} } }
{{- end }}
{{- end }}
{{- with concat ($server.env | default list) (.role.env | default list) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tandem-sidecar.modelServerMounts" -}}
{{- $server := .root.Values.modelServer -}}
{{- if ne $server.engine "simulator" }}
- name: shared-memory
  mountPath: /dev/shm
- name: cache
  mountPath: /cache
{{- end }}
{{- if and (eq .name "prefill") .role.tls.secretName }}
- name: prefill-tls
  mountPath: /etc/tandem/tls
  readOnly: true
{{- end }}
{{- with concat ($server.volumeMounts | default list) (.role.volumeMounts | default list) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volumes of a pod. In: root, role (its values), name of the role. */}}
{{- define "tandem-sidecar.volumes" -}}
{{- $server := .root.Values.modelServer -}}
{{- if eq .name "decode" }}
{{ include "tandem.sidecar.volumes" (include "tandem-sidecar.with" .root | fromYaml) | trim }}
{{- else if .role.tls.secretName }}
- name: prefill-tls
  secret: { secretName: {{ .role.tls.secretName }} }
{{- end }}
{{- if ne $server.engine "simulator" }}
- name: shared-memory
  emptyDir: { medium: Memory, sizeLimit: {{ $server.sharedMemory }} }
- name: cache
  {{- if $server.cache.persistentVolumeClaim }}
  persistentVolumeClaim: { claimName: {{ $server.cache.persistentVolumeClaim }} }
  {{- else if $server.cache.sizeLimit }}
  emptyDir: { sizeLimit: {{ $server.cache.sizeLimit }} }
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}
{{- with concat ($server.volumes | default list) (.role.volumes | default list) }}
{{ toYaml . }}
{{- end }}
{{- end -}}
