{{/*
GET /drain, which kubelet asks before it sends SIGTERM: Envoy ends at once on that signal, and its image has no shell to
wait with. In: a plan (tandem.envoy.config).
*/}}
{{- define "tandem.envoy.drainRoutes" -}}
# An answer after half a second, for the loop below.
- match: { path: /wait }
  direct_response: { status: 200 }
  typed_per_filter_config:
    envoy.filters.http.fault:
      '@type': type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
      delay: { fixed_delay: 0.5s, percentage: { numerator: 100 } }
# kubelet's preStop hook. The header keeps out who only looks around.
- match:
    path: /drain
    headers: [{ name: x-tandem-drain, string_match: { exact: {{ .drain.header | quote }} } }]
  direct_response: { status: 200 }
  typed_per_filter_config:
    envoy.filters.http.lua:
      '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute
      source_code:
        inline_string: |
          {{- include "tandem.envoy.drainScript" . | nindent 10 }}
{{- end -}}

{{- define "tandem.envoy.drainScript" -}}
-- Answers when no request is under way any more, so that SIGTERM cuts none. Meanwhile Envoy serves: endpoints
-- take time to leave Services, and each answer tells its connection to close, so that clients go elsewhere.
local MIN_SECONDS, MAX_SECONDS = {{ .drain.minSeconds | int }}, {{ .drain.maxSeconds | int }}
local QUIET_TURNS = 4

local function ask(handle, cluster, method, path)
  local headers, body = handle:httpCall(
    cluster, { [":method"] = method, [":path"] = path, [":authority"] = cluster }, nil, 5000)
  return headers[":status"], body or ""
end

local function requests_under_way(handle)
  local _, body = ask(handle, "admin", "GET", "/stats?filter=^http.inference.downstream_rq_active$")
  return tonumber(string.match(body, ": (%d+)"))
end

function envoy_on_request(handle)
  local started, quiet = os.time(), 0
  local seconds, active = 0, nil
  repeat
    -- In each turn: it holds until the process ends, or somebody says otherwise.
    local status = ask(handle, "admin", "POST", "/healthcheck/fail")
    active = requests_under_way(handle)
    quiet = (status == "200" and active == 0) and quiet + 1 or 0
    ask(handle, "operations", "GET", "/wait")
    seconds = os.time() - started
  until (seconds >= MIN_SECONDS and quiet >= QUIET_TURNS) or seconds >= MAX_SECONDS
  -- SIGTERM comes now. Where it does not, somebody else has asked: go on serving.
  ask(handle, "admin", "POST", "/healthcheck/ok")
  local text = string.format("%s under way after %d s\n", tostring(active), seconds)
  handle:logWarn("drained: " .. text)
  handle:respond({ [":status"] = "200", ["content-type"] = "text/plain" }, text)
end
{{- end -}}
