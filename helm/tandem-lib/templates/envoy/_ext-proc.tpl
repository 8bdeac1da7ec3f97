{{/* Takes from requests what only the picker may say. It does so as well; where it is not asked, Envoy does. */}}
{{- define "tandem.envoy.ownHeaders" -}}
- name: envoy.filters.http.header_mutation
  typed_config:
    '@type': type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations:
      request_mutations:
        - remove: x-gateway-destination-endpoint
        - remove: x-gateway-destination-endpoint-served
        - remove: x-gateway-destination-endpoint-subset
        - remove: x-gateway-destination-endpoint-scores
        - remove: x-gateway-destination-endpoint-fallback
        - remove: x-prefiller-host-port
        - remove: x-encoder-hosts-ports
        - remove: x-data-parallel-host-port
        - remove: x-kv-cache-source-host-port
{{- end -}}

{{/* Asks the picker. In: a plan (tandem.envoy.config). */}}
{{- define "tandem.envoy.extProc" -}}
{{- $isDuplex := eq .requestBody "full-duplex" -}}
- name: envoy.filters.http.ext_proc
  typed_config:
    '@type': type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
    {{- if .failOpen }}
    # While no picker answers, requests go to the model servers in turn.
    {{- else }}
    # While no picker answers, requests are answered with 500.
    {{- end }}
    failure_mode_allow: {{ .failOpen }}
    {{- if $isDuplex }}
    # Of no effect in full duplex, where the picker keeps its own deadline: --decision-timeout.
    {{- else }}
    # Longer than the picker takes at most, its queue included: it says itself what went wrong.
    {{- end }}
    message_timeout: {{ .messageTimeout }}
    grpc_service:
      envoy_grpc: { cluster_name: picker, authority: picker }
      # Where there are several pickers, another one is asked when one is gone.
      retry_policy:
        retry_on: reset,connect-failure,refused-stream,unavailable
        num_retries: 2
        retry_back_off: { base_interval: 0.01s, max_interval: 0.1s }
        retry_host_predicate:
          - name: envoy.retry_host_predicates.previous_hosts
            typed_config:
              '@type': type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
        host_selection_retry_max_attempts: 10
    request_attributes: [xds.route_name]
    # Without these two Envoy drops the metadata, silently.
    metadata_options:
      forwarding_namespaces: { untyped: [envoy.lb, envoy.lb.subset_hint] }
      receiving_namespaces: { untyped: [envoy.lb] }
    processing_mode:
      request_header_mode: SEND
      {{- if eq .requestBody "unseen" }}
      # It has no end that the picker could wait for.
      request_body_mode: NONE
      request_trailer_mode: SKIP
      response_header_mode: SEND
      response_body_mode: NONE
      response_trailer_mode: SKIP
      {{- else if not $isDuplex }}
      # Held whole, it can be sent again, to another picker or another server.
      request_body_mode: BUFFERED
      request_trailer_mode: SKIP
      response_header_mode: SEND
      # Not BUFFERED: that would hold events back until the last one.
      response_body_mode: STREAMED
      response_trailer_mode: SKIP
      {{- else }}
      request_body_mode: FULL_DUPLEX_STREAMED
      request_trailer_mode: SEND
      response_header_mode: SEND
      response_body_mode: FULL_DUPLEX_STREAMED
      response_trailer_mode: SEND
      {{- end }}
{{- end -}}
