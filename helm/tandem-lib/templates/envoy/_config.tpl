{{/*
The configuration of an Envoy before pickers, as YAML; what it is made of is said in docs/envoy.md. In: a plan.

  ports            inference, operations, admin
  bindAddress      of the first two
  routing          override-host (Envoy knows the model servers) or original-dst (the picker alone does)
  requestBody      buffered, or full-duplex with original-dst; of upgrades the picker sees none
  routes           list of name and prefix, longest first
  picker           addresses (list of address and port), tls, ca (file, or empty), serverName
  servers          addresses of model servers that may get any request (list of address and port); override-host
  tellsServed      whether this Envoy knows selected_host_key (1.38 and later)
  drain            minSeconds, maxSeconds, header (value that /drain asks for)
  and              failOpen, maxBodyBytes, maxConnections, messageTimeout, streamIdleTimeout, accessLog, upgrades
*/}}
{{- define "tandem.envoy.config" -}}
admin:
  address: { socket_address: { address: 127.0.0.1, port_value: {{ .ports.admin | int }} } }
  ignore_global_conn_limit: true

# Connections of clients; Envoy says at the start that there is no limit otherwise.
overload_manager:
  resource_monitors:
    - name: envoy.resource_monitors.global_downstream_max_connections
      typed_config:
        '@type': type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
        max_active_downstream_connections: {{ .maxConnections | int64 }}

static_resources:
  listeners:
    {{- include "tandem.envoy.inferenceListener" . | nindent 4 }}
    {{- include "tandem.envoy.operationsListener" . | nindent 4 }}
  clusters:
    {{- include "tandem.envoy.pickerCluster" . | nindent 4 }}
    {{- include "tandem.envoy.serversCluster" . | nindent 4 }}
    {{- include "tandem.envoy.loopbackCluster" (dict "name" "admin" "port" .ports.admin) | nindent 4 }}
    {{- include "tandem.envoy.loopbackCluster" (dict "name" "operations" "port" .ports.operations) | nindent 4 }}
{{- end -}}

{{/* Where a listener listens. In: address, port. */}}
{{- define "tandem.envoy.bind" -}}
address: { socket_address: { address: {{ .address | quote }}, port_value: {{ .port | int }}{{ if contains ":" .address }}, ipv4_compat: true{{ end }} } }
{{- end -}}

{{/* The endpoints of a cluster. In: name, addresses (list of address and port). */}}
{{- define "tandem.envoy.assignment" -}}
load_assignment:
  cluster_name: {{ .name }}
  endpoints:
    - lb_endpoints:
        {{- range .addresses }}
        - endpoint: { address: { socket_address: { address: {{ .address | quote }}, port_value: {{ .port | int }} } } }
        {{- end }}
{{- end -}}

{{/* A port of Envoy itself, for Envoy. In: name, port. */}}
{{- define "tandem.envoy.loopbackCluster" -}}
- name: {{ .name }}
  type: STATIC
  connect_timeout: 1s
  {{- include "tandem.envoy.assignment" (dict "name" .name "addresses" (list (dict "address" "127.0.0.1" "port" .port))) | nindent 2 }}
{{- end -}}

{{/* No breaker: each request under way holds a stream to the picker and one to a server, and Envoy allows 1024 by default. */}}
{{- define "tandem.envoy.noBreakers" -}}
circuit_breakers:
  thresholds:
    - { max_connections: 1000000, max_pending_requests: 1000000, max_requests: 1000000, max_retries: 1000000 }
{{- end -}}
