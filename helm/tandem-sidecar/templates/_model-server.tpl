{{/*
The container of a model server. In: root, role (values of decode or prefill), name of the role, port.
*/}}
{{- define "tandem-sidecar.modelServer" -}}
{{- $server := .root.Values.modelServer -}}
{{- $isVllm := eq $server.engine "vllm" -}}
{{- $image := ternary $server.image .root.Values.sidecar.image $isVllm -}}
- name: {{ $server.engine }}
  image: {{ include "tandem.image" (dict "image" $image "tag" (ternary "" .root.Chart.AppVersion $isVllm)) }}
  imagePullPolicy: {{ $image.pullPolicy }}
  args: {{- include (printf "tandem-sidecar.%sArgs" $server.engine) . | nindent 4 }}
    {{- range concat $server.extraArgs .role.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  env:
    - name: POD_IP
      valueFrom: { fieldRef: { fieldPath: status.podIP } }
    {{- if $isVllm }}
    - name: VLLM_NIXL_SIDE_CHANNEL_HOST
      value: $(POD_IP)
    - name: VLLM_NIXL_SIDE_CHANNEL_PORT
      value: {{ $server.sideChannelPort | quote }}
    {{- with $server.tokenSecret }}
    {{- if .name }}
    - name: HF_TOKEN
      valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .key }} } }
    {{- end }}
    {{- end }}
    {{- end }}
    {{- with $server.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: model-server
      containerPort: {{ .port }}
    - name: side-channel
      containerPort: {{ $server.sideChannelPort }}
  startupProbe:
    httpGet: { path: /health, port: model-server }
    periodSeconds: 5
    failureThreshold: {{ max 1 (div (int (include "tandem.seconds" $server.startupTimeout)) 5) }}
  livenessProbe:
    httpGet: { path: /health, port: model-server }
    periodSeconds: 10
    timeoutSeconds: 5
  readinessProbe:
    httpGet: { path: /health, port: model-server }
    periodSeconds: 5
    timeoutSeconds: 2
  lifecycle: {{- include "tandem.preStop" .root.Values.preStopSeconds | nindent 4 }}
  {{- with .role.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $isVllm }}
  {{- with $server.securityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- else }}
  securityContext: {{- include "tandem.securityContext" $server.securityContext | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: shared-memory
      mountPath: /dev/shm
    {{- with .role.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "tandem-sidecar.vllmArgs" -}}
{{- $server := .root.Values.modelServer -}}
- {{ $server.model | quote }}
- --port={{ .port }}
- --shutdown-timeout={{ include "tandem.seconds" $server.shutdownTimeout }}
{{- with $server.servedModelName }}
- {{ printf "--served-model-name=%s" . | quote }}
{{- end }}
{{- with $server.kvTransferConfig }}
- {{ printf "--kv-transfer-config=%s" (toJson .) | quote }}
{{- end }}
{{- end -}}

{{- define "tandem-sidecar.simulatorArgs" -}}
{{- $server := .root.Values.modelServer -}}
- simulator
- '--host=::'
- --port={{ .port }}
- {{ printf "--model=%s" ($server.servedModelName | default $server.model) | quote }}
- --role={{ .name }}
- --side-channel-host=$(POD_IP)
- --side-channel-port={{ $server.sideChannelPort }}
{{- end -}}

{{/* The Deployment of a role. In: root, role (its values), name, port of the model server, sidecar (text of the container, or empty). */}}
{{- define "tandem-sidecar.deployment" -}}
{{- $root := .root -}}
{{- $isVllm := eq $root.Values.modelServer.engine "vllm" -}}
{{- $labels := dict "root" $root "component" .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "tandem.fullname" $root }}-{{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "tandem.labels" $labels | nindent 4 }}
spec:
  replicas: {{ .role.replicas }}
  strategy: {{- toYaml .role.strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "tandem.selectorLabels" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "tandem.labels" (merge (dict "with" (merge (dict "llm-d.ai/role" .name) .role.podLabels)) $labels) | nindent 8 }}
      annotations:
        # Where kubectl looks without -c.
        kubectl.kubernetes.io/default-container: {{ $root.Values.modelServer.engine }}
        {{- with .role.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "tandem.podCommon" (dict "root" $root "placement" .role "token" .token) | nindent 6 }}
      terminationGracePeriodSeconds: {{ include "tandem-sidecar.gracePeriod" (dict "root" $root "sidecar" (not (empty .sidecar))) }}
      {{- if $isVllm }}
      securityContext:
        seccompProfile: { type: RuntimeDefault }
      {{- else }}
      securityContext: {{- include "tandem.podSecurityContext" dict | nindent 8 }}
      {{- end }}
      {{- with .sidecar }}
      initContainers: {{- . | nindent 8 }}
      {{- end }}
      containers: {{- include "tandem-sidecar.modelServer" . | nindent 8 }}
      volumes:
        - name: shared-memory
          emptyDir: { medium: Memory, sizeLimit: {{ $root.Values.modelServer.sharedMemory }} }
        {{- with .role.volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}
