{{/* A pod's security context under the restricted Pod Security Standard. No user: the image has a numeric one, and OpenShift gives its own. In: what is given instead or besides. */}}
{{- define "tandem.podSecurityContext" -}}
{{- $safe := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite $safe (. | default dict)) -}}
{{- end -}}

{{/* A container's, likewise: nothing to write to, no capability. In: what is given instead or besides. */}}
{{- define "tandem.securityContext" -}}
{{- $safe := dict "runAsNonRoot" true "readOnlyRootFilesystem" true "allowPrivilegeEscalation" false -}}
{{- $_ := set $safe "capabilities" (dict "drop" (list "ALL")) -}}
{{- $_ := set $safe "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite $safe (. | default dict)) -}}
{{- end -}}
