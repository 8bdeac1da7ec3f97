{{/* The chart's name, or nameOverride. In: the chart's root. */}}
{{- define "tandem.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What all objects of a release are named after: release and chart, once each. Names of releases, which have 53 characters at most, stay whole; 10 more fit the longest component. In: the chart's root. */}}
{{- define "tandem.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else if contains (include "tandem.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tandem.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What the pods of all components of a release have; that of `helm test` has not. In: the chart's root. */}}
{{- define "tandem.releaseLabels" -}}
app.kubernetes.io/name: {{ include "tandem.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The name of a component's objects; the component that a chart is named after needs no name of its own. In: root, component. */}}
{{- define "tandem.componentName" -}}
{{- $fullname := include "tandem.fullname" .root -}}
{{- if eq .root.Chart.Name (printf "tandem-%s" .component) -}}
{{- $fullname -}}
{{- else -}}
{{- printf "%s-%s" $fullname .component -}}
{{- end -}}
{{- end -}}

{{/* What a component's pods are selected by; it never changes in an upgrade. In: root, component. */}}
{{- define "tandem.selectorLabels" -}}
{{ include "tandem.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of an object. In: root, component; `with`, further labels. */}}
{{- define "tandem.labels" -}}
{{- $own := include "tandem.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" (.root.Chart.AppVersion | toString) -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "tandem" -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- toYaml (merge $own (.with | default dict)) -}}
{{- end -}}

{{/* Those of a pod's template: without versions, so that a newer chart alone replaces no pod. In: root, component; `with`, further labels. */}}
{{- define "tandem.podLabels" -}}
{{- $own := include "tandem.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "tandem" -}}
{{- toYaml (merge $own (.with | default dict)) -}}
{{- end -}}

{{/* The service account of the pods. In: the chart's root. */}}
{{- define "tandem.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "tandem.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}
