{{/*
The listener for kubelet and Prometheus, who reach no admin page but these: /live, /ready, /stats/prometheus, and /drain.
In: a plan (tandem.envoy.config).
*/}}
{{- define "tandem.envoy.operationsListener" -}}
- name: operations
  {{- include "tandem.envoy.bind" (dict "address" .bindAddress "port" .ports.operations) | nindent 2 }}
  # Else clients that hold all connections would have kubelet end this Envoy.
  ignore_global_conn_limit: true
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: operations
            # /drain answers when it is done.
            stream_idle_timeout: 0s
            route_config:
              name: operations
              virtual_hosts:
                - name: all
                  domains: ['*']
                  routes:
                    - { match: { path: /ready }, route: { cluster: admin } }
                    - { match: { path: /stats/prometheus }, route: { cluster: admin } }
                    # Not /ready, which says no while Envoy drains.
                    - { match: { path: /live }, route: { cluster: admin, prefix_rewrite: /hot_restart_version } }
                    {{- include "tandem.envoy.drainRoutes" . | nindent 20 }}
            http_filters:
              - name: envoy.filters.http.lua
                typed_config:
                  '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
              - name: envoy.filters.http.fault
                typed_config:
                  '@type': type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
              {{- include "tandem.envoy.router" . | nindent 14 }}
{{- end -}}
