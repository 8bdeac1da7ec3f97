{{/* The pickers. In: a plan (tandem.envoy.config). */}}
{{- define "tandem.envoy.pickerCluster" -}}
- name: picker
  cluster_type:
    name: envoy.cluster.dns
    typed_config:
      '@type': type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
      dns_refresh_rate: 1s
      dns_lookup_family: V4_PREFERRED
  connect_timeout: 2s
  # Not LEAST_REQUEST: a picker that is gone has the fewest.
  lb_policy: ROUND_ROBIN
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: { http2_protocol_options: {} }
  {{- if .picker.tls }}
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
      {{- if .picker.ca }}
      sni: {{ .picker.serverName }}
      common_tls_context:
        alpn_protocols: [h2]
        validation_context:
          trusted_ca: { filename: {{ .picker.ca }} }
          match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: {{ .picker.serverName }} } }]
      {{- else }}
      # The picker signs its certificate itself, so there is nobody to check it with.
      common_tls_context: { alpn_protocols: [h2], validation_context: {} }
      {{- end }}
  {{- end }}
  {{- include "tandem.envoy.noBreakers" . | nindent 2 }}
  health_checks:
    - timeout: 2s
      interval: 5s
      no_traffic_interval: 5s
      unhealthy_threshold: 3
      healthy_threshold: 1
      {{- if .picker.tls }}
      tls_options: { alpn_protocols: [h2] }
      {{- end }}
      grpc_health_check: { service_name: envoy.service.ext_proc.v3.ExternalProcessor }
  {{- include "tandem.envoy.assignment" (dict "name" "picker" "addresses" .picker.addresses) | nindent 2 }}
{{- end -}}
