{{/* Rights. What the controller does with each is said in docs; a right that it does not use must not stand here. */}}

{{/* Rules on the kinds that are read in each served namespace. Call with the root. */}}
{{- define "mattermost-ingress.servingRules" -}}
- apiGroups: [mattermost-ingress.io]
  resources: [mattermostingresspolicies]
  verbs: [list, watch]
- apiGroups: [mattermost-ingress.io]
  resources: [mattermostingresspolicies/status]
  verbs: [patch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list, watch]
{{- if .Values.updateStatus }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
{{- end }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [services, configmaps]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- if ne .Values.secrets.mode "named" }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end }}
{{- end -}}

{{/* One kind, of which only some names may be read: by a list and a watch that name one each. Call with group, resource and names. */}}
{{- define "mattermost-ingress.namedRule" -}}
- apiGroups: [{{ .group | quote }}]
  resources: [{{ .resource }}]
  resourceNames: {{ toJson .names }}
  verbs: [list, watch]
{{- end -}}

{{- define "mattermost-ingress.ingressClassRule" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [list, watch]
{{- end -}}

{{/* The controller's own objects, which the release brings: its Lease and its key Secrets. */}}
{{- define "mattermost-ingress.ownRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: {{ list (include "mattermost-ingress.electionId" .) | toJson }}
  verbs: [get, update]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: {{ list (include "mattermost-ingress.stickySecret" .) (include "mattermost-ingress.ticketSecret" .) | toJson }}
  verbs: [get, update]
{{- end -}}

{{/* Names of the Secrets that may be read in mode `named`, by namespace, as JSON. */}}
{{- define "mattermost-ingress.namedSecrets" -}}
{{- $found := dict -}}
{{- if eq .Values.secrets.mode "named" -}}
{{- range $namespace, $names := .Values.secrets.named }}{{ $_ := set $found $namespace $names }}{{ end -}}
{{- with .Values.defaultTlsSecret -}}
{{- $_ := set $found (dir .) (append (get $found (dir .) | default list) (base .) | uniq) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* A Role with its binding. Call with root, namespace, suffix and rules (text). */}}
{{- define "mattermost-ingress.role" -}}
{{- $name := printf "%s%s" (include "mattermost-ingress.clusterName" .root) .suffix }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "mattermost-ingress.labels" .root | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "mattermost-ingress.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  {{- include "mattermost-ingress.subject" .root | nindent 2 }}
{{- end -}}

{{- define "mattermost-ingress.subject" -}}
- kind: ServiceAccount
  name: {{ include "mattermost-ingress.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
