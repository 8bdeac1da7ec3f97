{{/* The model servers. In: a plan (tandem.envoy.config). */}}
{{- define "tandem.envoy.serversCluster" -}}
- name: model-servers
{{- if eq .routing "override-host" }}
  cluster_type:
    name: envoy.cluster.dns
    typed_config:
      '@type': type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
      dns_refresh_rate: 1s
      # The picker may name either address of a pod that has two.
      dns_lookup_family: ALL
{{- else }}
  type: ORIGINAL_DST
  lb_policy: CLUSTER_PROVIDED
  # The metadata of the decision, not its header, which a client could have sent.
  original_dst_lb_config:
    metadata_key: { key: envoy.lb, path: [{ key: x-gateway-destination-endpoint }] }
{{- end }}
  connect_timeout: 5s
  {{- include "tandem.envoy.noBreakers" . | nindent 2 }}
{{- if eq .routing "override-host" }}
  {{- include "tandem.envoy.overrideHost" . | nindent 2 }}
  {{- include "tandem.envoy.assignment" (dict "name" "model-servers" "addresses" .servers) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Goes through the picker's list; without one, or where Envoy knows none of it, to the servers in turn. In: a plan. */}}
{{- define "tandem.envoy.overrideHost" -}}
load_balancing_policy:
  policies:
    - typed_extension_config:
        name: envoy.load_balancing_policies.override_host
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost
          # The metadata of the decision, not its header, which a client could have sent.
          override_host_sources:
            - metadata: { key: envoy.lb, path: [{ key: x-gateway-destination-endpoint }] }
          {{- if .tellsServed }}
          selected_host_key: { key: envoy.lb, path: [{ key: x-gateway-destination-endpoint-served }] }
          {{- end }}
          fallback_policy:
            policies:
              - typed_extension_config:
                  name: envoy.load_balancing_policies.round_robin
                  typed_config:
                    '@type': type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin
{{- end -}}
