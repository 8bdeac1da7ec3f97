{{/*
Envoy's container, before pickers. In: proxy (image, concurrency, logLevel, extraArgs, env, resources, securityContext,
volumeMounts), plan (of tandem.envoy.config), mounts (further ones, a list).
*/}}
{{- define "tandem.envoy.container" -}}
- name: envoy
  image: {{ include "tandem.image" (dict "image" .proxy.image "tag" "") }}
  imagePullPolicy: {{ .proxy.image.pullPolicy }}
  args:
    - -c
    - /etc/envoy/envoy.yaml
    # It would write to /dev/shm for it.
    - --disable-hot-restart
    - --concurrency
    - {{ .proxy.concurrency | int | quote }}
    - --log-level
    - {{ .proxy.logLevel }}
    {{- range .proxy.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  {{- with .proxy.env }}
  env: {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http
      containerPort: {{ .plan.ports.inference | int }}
    - name: operations
      containerPort: {{ .plan.ports.operations | int }}
  startupProbe:
    httpGet: { path: /live, port: operations }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    httpGet: { path: /live, port: operations }
    periodSeconds: 10
    timeoutSeconds: 3
  readinessProbe:
    httpGet: { path: /ready, port: operations }
    periodSeconds: 2
    timeoutSeconds: 2
  lifecycle:
    preStop:
      # Answers when the last request has ended, after {{ .plan.drain.minSeconds | int }} s at the earliest and {{ .plan.drain.maxSeconds | int }} s at the latest.
      httpGet:
        path: /drain
        port: operations
        httpHeaders: [{ name: x-tandem-drain, value: {{ .plan.drain.header | quote }} }]
  {{- with .proxy.resources }}
  resources: {{- include "tandem.resources" . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.securityContext" .proxy.securityContext | nindent 4 }}
  volumeMounts:
    - name: envoy
      mountPath: /etc/envoy
      readOnly: true
    {{- with concat (.mounts | default list) (.proxy.volumeMounts | default list) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
