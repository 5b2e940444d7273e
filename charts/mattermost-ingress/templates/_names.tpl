{{/* Names and labels. */}}

{{- define "mattermost-ingress.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of the release's objects, at most 46 characters so that suffixes fit. Cut names keep a digest: two releases never share one. */}}
{{- define "mattermost-ingress.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name)) -}}
{{- if gt (len $full) 46 -}}
{{- printf "%s-%s" (trunc 37 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{/* Name of cluster-scoped objects. A colon stands in no name of a namespace, so no two releases come to the same. */}}
{{- define "mattermost-ingress.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "mattermost-ingress.fullname" .) -}}
{{- end -}}

{{- define "mattermost-ingress.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "mattermost-ingress.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "mattermost-ingress.stickySecret" -}}
{{- .Values.keys.stickySecret | default (printf "%s-sticky-key" (include "mattermost-ingress.fullname" .)) -}}
{{- end -}}

{{- define "mattermost-ingress.ticketSecret" -}}
{{- .Values.keys.ticketSecret | default (printf "%s-ticket-key" (include "mattermost-ingress.fullname" .)) -}}
{{- end -}}

{{- define "mattermost-ingress.electionId" -}}
{{- .Values.electionId | default (include "mattermost-ingress.fullname" .) -}}
{{- end -}}

{{/* NAMESPACE/NAME of the Service whose addresses are published; empty for none. */}}
{{- define "mattermost-ingress.publishService" -}}
{{- if and .Values.publishService.enabled (not .Values.publishAddress) -}}
{{- if .Values.publishService.name -}}
{{- .Values.publishService.name -}}
{{- else if .Values.service.enabled -}}
{{- printf "%s/%s" .Release.Namespace (include "mattermost-ingress.fullname" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mattermost-ingress.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mattermost-ingress.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "mattermost-ingress.labels" -}}
{{ include "mattermost-ingress.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: mattermost-ingress
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The image, or an error that says how to get one. */}}
{{- define "mattermost-ingress.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion | toString -}}
{{- if not .Values.image.repository -}}
{{- fail (printf "\n\nimage.repository is not set: no image of mattermost-ingress is published yet. Build one in the project's folder, and bring it to the cluster, for example to kind:\n  make image IMAGE=mattermost-ingress:%s\n  kind load docker-image mattermost-ingress:%s\nor push it to a registry of yours. Then say where it is:\n  --set image.repository=mattermost-ingress,image.tag=%s\n" $tag $tag $tag) -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end -}}
