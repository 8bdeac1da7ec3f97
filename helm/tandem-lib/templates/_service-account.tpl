{{/* The ServiceAccount, where the chart makes one. In: the chart's root. */}}
{{- define "tandem.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "tandem.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "tandem.labels" (dict "root" . "component" "service-account") | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
# Pods that ask the Kubernetes API mount it themselves.
automountServiceAccountToken: false
{{- end -}}
{{- end -}}
