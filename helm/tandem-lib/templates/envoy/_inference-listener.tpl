{{/* The listener for clients. In: a plan (tandem.envoy.config). */}}
{{- define "tandem.envoy.inferenceListener" -}}
- name: inference
  {{- include "tandem.envoy.bind" (dict "address" .bindAddress "port" .ports.inference) | nindent 2 }}
  {{- if eq .requestBody "buffered" }}
  # A request is held until the picker has seen all of it: longer ones are answered with 413.
  per_connection_buffer_limit_bytes: {{ .maxBodyBytes | int64 }}
  {{- end }}
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: inference
            use_remote_address: true
            generate_request_id: true
            normalize_path: true
            merge_slashes: true
            path_with_escaped_slashes_action: REJECT_REQUEST
            # A model may think longer than the five minutes that Envoy waits by default.
            stream_idle_timeout: {{ .streamIdleTimeout }}
            request_headers_timeout: 10s
            {{- if .upgrades }}
            upgrade_configs:
              {{- range .upgrades }}
              - upgrade_type: {{ . }}
                filters:
                  {{- include "tandem.envoy.filters" (merge (dict "requestBody" "unseen") $) | nindent 18 }}
              {{- end }}
            {{- end }}
            {{- if .accessLog }}
            {{- include "tandem.envoy.accessLog" . | nindent 12 }}
            {{- end }}
            {{- include "tandem.envoy.routes" . | nindent 12 }}
            http_filters:
              {{- include "tandem.envoy.filters" . | nindent 14 }}
{{- end -}}

{{/* What requests go through. In: a plan; requestBody unseen where the picker decides by headers alone. */}}
{{- define "tandem.envoy.filters" -}}
{{ include "tandem.envoy.ownHeaders" . }}
{{ include "tandem.envoy.extProc" . }}
{{ include "tandem.envoy.router" . }}
{{- end -}}

{{- define "tandem.envoy.router" -}}
- name: envoy.filters.http.router
  typed_config:
    '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
{{- end -}}

{{/* A line of JSON for each request. In: a plan. */}}
{{- define "tandem.envoy.accessLog" -}}
access_log:
  - name: envoy.access_loggers.stdout
    typed_config:
      '@type': type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
      log_format:
        json_format:
          time: '%START_TIME%'
          method: '%REQ(:METHOD)%'
          path: '%PATH(NQ:PATH)%'
          status: '%RESPONSE_CODE%'
          flags: '%RESPONSE_FLAGS%'
          details: '%RESPONSE_CODE_DETAILS%'
          milliseconds: '%DURATION%'
          route: '%ROUTE_NAME%'
          picked: '%DYNAMIC_METADATA(envoy.lb:x-gateway-destination-endpoint)%'
          upstream: '%UPSTREAM_HOST%'
          attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%'
          request_id: '%REQ(X-REQUEST-ID)%'
{{- end -}}

{{/* Where requests go. In: a plan. */}}
{{- define "tandem.envoy.routes" -}}
route_config:
  name: inference
  virtual_hosts:
    - name: all
      domains: ['*']
      routes:
        {{- range .routes }}
        - name: {{ .name }}
          match: { prefix: {{ .prefix | quote }} }
          route:
            cluster: model-servers
            timeout: 0s
            {{- if eq $.routing "override-host" }}
            # Each try takes the next of the picker's list. Only where no server can have begun to answer.
            retry_policy:
              retry_on: connect-failure,refused-stream,reset-before-request,retriable-status-codes
              retriable_status_codes: [503]
              num_retries: 2
            {{- end }}
        {{- end }}
{{- end -}}
