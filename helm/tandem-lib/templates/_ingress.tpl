{{/* An Ingress to a Service. In: root, component, ingress (className, annotations, hosts, path, tls), service (name, port), name of the ingress values. */}}
{{- define "tandem.ingress" -}}
{{- if not .ingress.hosts -}}
{{- fail (printf "%s.hosts is empty: give the names that clients ask for, such as {llm.example.com}; '*' takes requests to all names" .name) -}}
{{- end -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" . | nindent 4 }}
  {{- with .ingress.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- range .ingress.hosts }}
    - http:
        paths:
          - path: {{ $.ingress.path | quote }}
            pathType: Prefix
            backend:
              service: { name: {{ $.service.name }}, port: { number: {{ $.service.port }} } }
      {{- if ne . "*" }}
      host: {{ . | quote }}
      {{- end }}
    {{- end }}
  {{- with .ingress.tls }}
  tls: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
