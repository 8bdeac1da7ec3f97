{{/*
An HTTPRoute of the Gateway API. In: root, component, route (parentRefs, hostnames, annotations, path, requestTimeout),
backendRefs (a list), name of the route's values.
*/}}
{{- define "tandem.httpRoute" -}}
{{- if not .route.parentRefs -}}
{{- fail (printf "%s.parentRefs is empty: name the Gateway that the route belongs to, such as [{ name: inference-gateway }]" .name) -}}
{{- end -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "tandem.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "tandem.labels" . | nindent 4 }}
  {{- with .route.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  parentRefs: {{- toYaml .route.parentRefs | nindent 4 }}
  {{- with .route.hostnames }}
  hostnames: {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        - path: { type: PathPrefix, value: {{ .route.path | quote }} }
      backendRefs: {{- toYaml .backendRefs | nindent 8 }}
      {{- with .route.requestTimeout }}
      timeouts: { request: {{ . }} }
      {{- end }}
{{- end -}}
