{{/* The pod template that Deployment and DaemonSet share. */}}
{{- define "mattermost-ingress.podTemplate" -}}
metadata:
  labels:
    {{- include "mattermost-ingress.selectorLabels" . | nindent 4 }}
    {{- with merge (dict) .Values.podLabels .Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "mattermost-ingress.serviceAccountName" . }}
  automountServiceAccountToken: true
  # A Service called mattermost-ingress-admin would else set MATTERMOST_INGRESS_ADMIN_PORT, which is an option.
  enableServiceLinks: false
  # No preStop hook: during one the process does not know that it is to stop. It waits itself (--shutdown-delay).
  terminationGracePeriodSeconds: {{ add (.Values.shutdownDelaySeconds | int) (.Values.drainTimeoutSeconds | int) 10 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "mattermost-ingress.spread" . | nindent 2 }}
  containers:
    - name: controller
      image: {{ include "mattermost-ingress.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        {{- include "mattermost-ingress.arguments" . | nindent 8 }}
      env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        {{- range $name, $port := .Values.containerPorts }}
        - name: {{ $name }}
          containerPort: {{ $port | int }}
          {{- if and $.Values.hostPort.enabled (ne $name "admin") }}
          hostPort: {{ get $.Values.hostPort $name | int }}
          {{- end }}
          protocol: TCP
        {{- end }}
      # Green as soon as the process lives, API server or not.
      startupProbe:
        httpGet: {path: /livez, port: admin}
        {{- toYaml .Values.startupProbe | nindent 8 }}
      livenessProbe:
        httpGet: {path: /livez, port: admin}
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      # Ready until nothing is accepted any more: kube-proxy sends to a pod that is ending while it is ready and the last one of
      # its node, which is until the load balancer has noticed.
      readinessProbe:
        httpGet: {path: "/readyz?exclude=draining", port: admin}
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if .Values.stateCache.enabled }}
        - name: state
          mountPath: /state
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- if .Values.stateCache.enabled }}
    - name: state
      emptyDir:
        medium: Memory
        sizeLimit: {{ .Values.stateCache.sizeLimit }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "mattermost-ingress.spread" -}}
{{- if .Values.topologySpreadConstraints -}}
topologySpreadConstraints:
  {{- toYaml .Values.topologySpreadConstraints | nindent 2 }}
{{- else if and .Values.topologySpread.enabled (eq .Values.kind "Deployment") -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    # Pods of the version that is being replaced do not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "mattermost-ingress.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end -}}
{{- end -}}
