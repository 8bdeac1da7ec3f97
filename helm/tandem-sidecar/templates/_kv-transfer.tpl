{{/* vLLM's --kv-transfer-config of a role, as JSON; nothing where it has none. In: root, role (its values), name of the role. */}}
{{- define "tandem-sidecar.kvTransfer" -}}
{{- $server := .root.Values.modelServer -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- $connector := get $config "kv-connector" | default "nixlv2" -}}
{{- if .role.kvTransferConfig -}}
{{- toJson .role.kvTransferConfig -}}
{{- else if $server.kvTransferConfig -}}
{{- toJson $server.kvTransferConfig -}}
{{- else if or (not (hasKey $server "kvTransferConfig")) (kindIs "invalid" $server.kvTransferConfig) -}}
{{- else if has $connector (list "nixlv2" "nixl") -}}
{{- toJson (dict "kv_connector" "NixlConnector" "kv_role" "kv_both") -}}
{{- else if eq $connector "mooncake" -}}
{{- toJson (dict "kv_connector" "MooncakeConnector" "kv_role" (ternary "kv_consumer" "kv_producer" (eq .name "decode"))) -}}
{{- else -}}
{{- fail (printf "modelServer.kvTransferConfig is empty: with sidecar.config.kv-connector %s vLLM needs parameters that the chart cannot know; give them there, or in decode.kvTransferConfig and prefill.kvTransferConfig (docs/connectors.md), or null for none" $connector) -}}
{{- end -}}
{{- end -}}

{{/* vLLM's variables for how KV goes from prefill to decode. In: root, name of the role. */}}
{{- define "tandem-sidecar.kvEnv" -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- $connector := get $config "kv-connector" | default "nixlv2" -}}
- name: VLLM_NIXL_SIDE_CHANNEL_HOST
  value: $(POD_IP)
- name: VLLM_NIXL_SIDE_CHANNEL_PORT
  value: {{ .root.Values.modelServer.sideChannelPort | quote }}
{{- if eq $connector "mooncake" }}
- name: VLLM_HOST_IP
  value: $(POD_IP)
{{- if eq .name "prefill" }}
- name: VLLM_MOONCAKE_BOOTSTRAP_PORT
  value: {{ get $config "mooncake-bootstrap-port" | default 8998 | int | quote }}
{{- end }}
{{- end }}
{{- if or (eq $connector "offloading") (get $config "enable-p2p-pull") }}
- name: VLLM_P2P_SIDE_CHANNEL_HOST
  value: $(POD_IP)
- name: VLLM_P2P_SIDE_CHANNEL_PORT
  value: {{ get $config "p2p-connector-port" | default 7777 | int | quote }}
# Engines know each other's blocks by hashes.
- name: PYTHONHASHSEED
  value: '0'
{{- end }}
{{- end -}}

{{/* The simulator's arguments for the same. In: root, name of the role, rank. */}}
{{- define "tandem-sidecar.simulatedKv" -}}
{{- $config := include "tandem-sidecar.config" .root | fromYaml -}}
{{- $connector := get $config "kv-connector" | default "nixlv2" -}}
{{- $isPrefill := eq .name "prefill" -}}
- --side-channel-host=$(POD_IP)
- --side-channel-port={{ add .root.Values.modelServer.sideChannelPort .rank }}
{{- if eq $connector "mooncake" }}
- --kv-connector=mooncake
{{- if $isPrefill }}
- --mooncake-bootstrap-port={{ get $config "mooncake-bootstrap-port" | default 8998 | int }}
{{- end }}
{{- else if eq $connector "moriio" }}
- --kv-connector=moriio
- --moriio-notify-port={{ get $config (printf "moriio-%s-notify-port" .name) | default 61005 | int }}
- --moriio-handshake-port={{ get $config (printf "moriio-%s-handshake-port" .name) | default 6301 | int }}
{{- else if and (eq $connector "sglang") $isPrefill }}
- --disaggregation-bootstrap-port={{ get $config "sglang-bootstrap-port" | default 8998 | int }}
{{- end }}
{{- if or (eq $connector "offloading") (get $config "enable-p2p-pull") }}
- --p2p-connector-port={{ add (get $config "p2p-connector-port" | default 7777 | int) .rank }}
{{- end }}
{{- end -}}
