{{/*
The volumes that tandem.sidecar.container mounts, items of a pod's volumes; nothing where it needs none. In: as of
tandem.sidecar.config.
*/}}
{{- define "tandem.sidecar.volumes" -}}
{{- $tls := .sidecar.tls | default dict -}}
{{- $trust := .sidecar.trust | default dict -}}
{{- if include "tandem.sidecar.usesKubernetes" (include "tandem.sidecar.config" . | fromYaml) }}
{{ include "tandem.apiAccess.volume" . }}
{{- end }}
{{- if $tls.secretName }}
- name: sidecar-tls
  secret: { secretName: {{ $tls.secretName }} }
{{- end }}
{{- if $trust.configMap }}
- name: sidecar-trust
  configMap: { name: {{ $trust.configMap }} }
{{- else if $trust.secret }}
- name: sidecar-trust
  secret: { secretName: {{ $trust.secret }} }
{{- end }}
{{- end -}}

{{/* Where they are mounted, and the user's own. In: sidecar (its values), config (its settings). */}}
{{- define "tandem.sidecar.mounts" -}}
{{- $tls := .sidecar.tls | default dict -}}
{{- $trust := .sidecar.trust | default dict -}}
{{- if include "tandem.sidecar.usesKubernetes" .config }}
- {{- include "tandem.apiAccess.mount" . | nindent 2 | trimPrefix "\n " }}
{{- end }}
{{- if $tls.secretName }}
- name: sidecar-tls
  mountPath: /etc/tandem/tls
  readOnly: true
{{- end }}
{{- if or $trust.configMap $trust.secret }}
- name: sidecar-trust
  mountPath: /etc/tandem/trust
  readOnly: true
{{- end }}
{{- with .sidecar.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
