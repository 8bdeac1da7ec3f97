{{/* An image's reference. In: image (repository, tag, digest), tag (what is taken without one). */}}
{{- define "tandem.image" -}}
{{- $tag := .image.tag | default .tag | toString -}}
{{- .image.repository -}}
{{- if or $tag (not .image.digest) -}}:{{ $tag | default "latest" }}{{- end -}}
{{- if .image.digest -}}@{{ .image.digest }}{{- end -}}
{{- end -}}
