{{/* The router's container. In: the chart's root. */}}
{{- define "tandem-router.container" -}}
{{- $router := .Values.router -}}
- name: router
  image: {{ include "tandem.image" (dict "image" $router.image "tag" .Chart.AppVersion) }}
  imagePullPolicy: {{ $router.image.pullPolicy }}
  args:
    - router
    - --configuration-file=/etc/tandem/router.yaml
    {{- include "tandem.args" (include "tandem-router.parts" . | fromYaml).args | trim | nindent 4 }}
    {{- range $router.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  {{- with include "tandem-router.env" . }}
  env: {{- . | nindent 4 }}
  {{- end }}
  ports:
    - name: http
      containerPort: {{ include "tandem-router.clientPort" . }}
    - name: metrics
      containerPort: {{ include "tandem-router.metricsPort" . }}
    {{- with include "tandem-router.announcePort" . }}
    - name: announce
      containerPort: {{ . }}
    {{- end }}
  startupProbe:
    httpGet: { path: /liveness, port: http }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    httpGet: { path: /liveness, port: http }
    periodSeconds: 10
    timeoutSeconds: 5
  # Fails while no worker can be used, and once the pod is to end.
  readinessProbe:
    httpGet: { path: /readiness, port: http }
    periodSeconds: 2
    timeoutSeconds: 2
  lifecycle: {{- include "tandem.preStop" .Values.preStopSeconds | nindent 4 }}
  {{- with $router.resources }}
  resources: {{- include "tandem.resources" . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.securityContext" $router.securityContext | nindent 4 }}
  volumeMounts:
    - name: configuration
      mountPath: /etc/tandem
      readOnly: true
    {{- with include "tandem-router.logDir" . }}
    - name: logs
      mountPath: {{ . | quote }}
    {{- end }}
    {{- with $router.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Keys out of Secrets, and what is given. In: the chart's root. */}}
{{- define "tandem-router.env" -}}
{{- $keys := .Values.keys -}}
{{- $env := list -}}
{{- range $name, $from := dict "TANDEM_API_KEY" $keys.clients "TANDEM_ADMIN_API_KEY" $keys.admin "TANDEM_WORKER_API_KEY" $keys.workers -}}
{{- if $from.secret -}}
{{- $env = append $env (dict "name" $name "valueFrom" (dict "secretKeyRef" (dict "name" $from.secret "key" $from.key))) -}}
{{- end -}}
{{- end -}}
{{- with concat $env (.Values.router.env | default list) -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* The folder of log files where the chart must make it: the file system is read-only. In: the chart's root. */}}
{{- define "tandem-router.logDir" -}}
{{- $folder := include "tandem-router.setting" (dict "root" . "name" "log-dir" "default" "") -}}
{{- $mounted := false -}}
{{- range .Values.router.volumeMounts -}}
{{- if eq (trimSuffix "/" .mountPath) (trimSuffix "/" $folder) -}}{{- $mounted = true -}}{{- end -}}
{{- end -}}
{{- if not $mounted -}}{{- $folder -}}{{- end -}}
{{- end -}}
