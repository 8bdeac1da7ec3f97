{{/* The picker's container. In: the chart's root. */}}
{{- define "tandem-standalone.pickerContainer" -}}
{{- $isApart := include "tandem-standalone.isApart" . -}}
{{- $mounts := list -}}
{{- if include "tandem-standalone.pickerFiles" . -}}
{{- $mounts = append $mounts (dict "name" "picker" "mountPath" "/etc/tandem/config" "readOnly" true) -}}
{{- end -}}
{{- if .Values.picker.tls.secretName -}}
{{- $mounts = append $mounts (dict "name" "picker-tls" "mountPath" "/etc/tandem/tls" "readOnly" true) -}}
{{- end -}}
{{- if include "tandem-standalone.usesKubernetes" . -}}
{{- $mounts = append $mounts (include "tandem.apiAccess.mount" . | fromYaml) -}}
{{- end -}}
{{- include "tandem.picker.container" (dict
  "root" .
  "picker" .Values.picker
  "settings" (include "tandem-standalone.settings" . | fromYaml)
  "isSidecar" (not $isApart)
  "preStopSeconds" (ternary .Values.proxy.drain.minSeconds 0 (not (empty $isApart)))
  "mounts" $mounts
) -}}
{{- end -}}

{{/* The volumes of the picker. In: the chart's root. */}}
{{- define "tandem-standalone.pickerVolumes" -}}
{{- if include "tandem-standalone.pickerFiles" . }}
- name: picker
  configMap: { name: {{ include "tandem-standalone.pickerName" . }} }
{{- end }}
{{- with .Values.picker.tls.secretName }}
- name: picker-tls
  secret: { secretName: {{ . }} }
{{- end }}
{{- if include "tandem-standalone.usesKubernetes" . }}
{{ include "tandem.apiAccess.volume" . }}
{{- end }}
{{- with .Values.picker.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Envoy's container. In: the chart's root. */}}
{{- define "tandem-standalone.proxyContainer" -}}
{{- $mounts := list -}}
{{- if .Values.picker.tls.secretName -}}
{{- $mounts = append $mounts (dict "name" "picker-ca" "mountPath" "/etc/envoy-picker" "readOnly" true) -}}
{{- end -}}
{{- include "tandem.envoy.container" (dict
  "proxy" .Values.proxy
  "plan" (include "tandem-standalone.plan" . | fromYaml)
  "mounts" $mounts
) -}}
{{- end -}}

{{/* The volumes of Envoy. In: the chart's root. */}}
{{- define "tandem-standalone.proxyVolumes" -}}
- name: envoy
  configMap: { name: {{ include "tandem-standalone.proxyName" . }} }
{{- with .Values.picker.tls.secretName }}
# Not the key.
- name: picker-ca
  secret: { secretName: {{ . }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- with .Values.proxy.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The grace period of Envoy's pods. A picker beside it ends after it, when there are no streams left. In: the chart's root. */}}
{{- define "tandem-standalone.proxyGracePeriod" -}}
{{- $parts := list (dict "name" "proxy.drain.maxSeconds" "seconds" (int .Values.proxy.drain.maxSeconds)) -}}
{{- $parts = append $parts (dict "name" "the last turn of waiting, and the picker's end," "seconds" 10) -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" .Values.proxy.terminationGracePeriodSeconds "name" "proxy.terminationGracePeriodSeconds") -}}
{{- end -}}

{{/* Of the picker's own pods: preStop, then its drain. In: the chart's root. */}}
{{- define "tandem-standalone.pickerGracePeriod" -}}
{{- $settings := include "tandem-standalone.settings" . | fromYaml -}}
{{- $parts := list (dict "name" "proxy.drain.minSeconds" "seconds" (int .Values.proxy.drain.minSeconds)) -}}
{{- $parts = append $parts (dict "name" "drain-timeout" "seconds" (int (include "tandem.seconds" (get $settings "drain-timeout")))) -}}
{{- include "tandem.gracePeriod" (dict "parts" $parts "given" nil "name" "") -}}
{{- end -}}
