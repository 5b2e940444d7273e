{{/* Arguments of the container: what the values say, as flags of `run`. */}}
{{- define "mattermost-ingress.arguments" -}}
- run
- --workers={{ .Values.workers | int }}
- --log-level={{ .Values.logLevel }}
- --http-port={{ .Values.containerPorts.http | int }}
- --https-port={{ .Values.containerPorts.https | int }}
- --admin-port={{ .Values.containerPorts.admin | int }}
- --redirect-https-port={{ .Values.service.ports.https | int }}
- --controller-name={{ .Values.ingressClass.controllerValue }}
- --ingress-class={{ .Values.ingressClass.name }}
{{- if .Values.ingressClass.byName }}
- --ingress-class-by-name=true
{{- end }}
{{- with .Values.takeOverClass }}
- --take-over-class={{ . }}
{{- end }}
- --update-status={{ .Values.updateStatus }}
- --require-policy={{ .Values.requirePolicy }}
{{- with .Values.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
- --secrets-mode={{ .Values.secrets.mode }}
{{- range $host, $namespace := .Values.hostNamespaces }}
- {{ printf "--host-namespace=%s=%s" $host $namespace | quote }}
{{- end }}
{{- with .Values.defaultBackendNamespace }}
- --default-backend-namespace={{ . }}
{{- end }}
{{- with .Values.denyEndpointCIDRs }}
- --deny-endpoint-cidrs={{ join "," . }}
{{- end }}
{{- with .Values.trustedProxies }}
- --trusted-proxies={{ join "," . }}
{{- end }}
{{- with .Values.proxyProtocolFrom }}
- --proxy-protocol-from={{ join "," . }}
{{- end }}
{{- with .Values.defaultTlsSecret }}
- --default-tls-secret={{ . }}
{{- end }}
- --sticky-key-secret={{ .Release.Namespace }}/{{ include "mattermost-ingress.stickySecret" . }}
- --ticket-key-secret={{ .Release.Namespace }}/{{ include "mattermost-ingress.ticketSecret" . }}
{{- with include "mattermost-ingress.publishService" . }}
- --publish-service={{ . }}
{{- end }}
{{- with .Values.publishAddress }}
- --publish-address={{ join "," . }}
{{- end }}
- --election-id={{ include "mattermost-ingress.electionId" . }}
- --election-namespace={{ .Release.Namespace }}
{{- if .Values.stateCache.enabled }}
- --state-cache=/state
{{- end }}
- --shutdown-delay={{ .Values.shutdownDelaySeconds | int }}s
- --drain-timeout={{ .Values.drainTimeoutSeconds | int }}s
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}
