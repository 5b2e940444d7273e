{{/* Values that each are fine and make no sense together. */}}
{{- define "mattermost-ingress.validate" -}}
{{- $values := .Values -}}
{{- $problems := list -}}
{{- if and $values.hostNetwork $values.hostPort.enabled -}}
{{- $problems = append $problems "hostPort.enabled is of no use with hostNetwork: the listeners are ports of the node already. Set one of them" -}}
{{- end -}}
{{- if and (eq $values.secrets.mode "namespaces") (not $values.watchNamespaces) -}}
{{- $problems = append $problems "secrets.mode is namespaces, and watchNamespaces names none: it is the Secrets of these that are read" -}}
{{- end -}}
{{- with $values.defaultTlsSecret -}}
{{- if and $values.watchNamespaces (ne $values.secrets.mode "named") (not (has (dir .) $values.watchNamespaces)) -}}
{{- $problems = append $problems (printf "defaultTlsSecret is in namespace %s, of which no Secrets are read. Add it to watchNamespaces, or set secrets.mode=named" (dir .)) -}}
{{- end -}}
{{- end -}}
{{- if and (ne $values.secrets.mode "named") $values.secrets.named -}}
{{- $problems = append $problems (printf "secrets.named is read with secrets.mode=named alone, and the mode is %s" $values.secrets.mode) -}}
{{- end -}}
{{- if and (eq $values.kind "DaemonSet") $values.autoscaling.enabled -}}
{{- $problems = append $problems "autoscaling.enabled needs kind=Deployment: a DaemonSet has one pod a node" -}}
{{- end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- $problems = append $problems "autoscaling.minReplicas is larger than autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and $values.metrics.serviceMonitor.enabled (not $values.metrics.service.enabled) -}}
{{- $problems = append $problems "metrics.serviceMonitor.enabled needs metrics.service.enabled" -}}
{{- end -}}
{{- if and $values.ingressClass.default $values.ingressClass.byName -}}
{{- $problems = append $problems "ingressClass.default cannot be with ingressClass.byName: which class is the default one is said in the IngressClass alone" -}}
{{- end -}}
{{- if eq (include "mattermost-ingress.stickySecret" .) (include "mattermost-ingress.ticketSecret" .) -}}
{{- $problems = append $problems "keys.stickySecret and keys.ticketSecret are the same Secret; name two" -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values do not fit together:\n- %s\n" (join "\n- " $problems)) -}}
{{- end -}}
{{- end -}}
