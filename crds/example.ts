// The example at the top of the field reference; a test holds it to the schema.

export const EXAMPLE_YAML = `apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata:
  name: chat
  namespace: mattermost
spec:
  route:
    hosts: [chat.example.com]
    service: {name: mattermost, port: 8065}
    tls: {secretName: chat-tls}
  admission:
    rules:
      - name: office-networks
        sourceCIDRs: [192.0.2.0/24, "2001:db8::/32"]
        action: Allow
      - name: published-endpoints # what single sign-on and push need from everywhere
        paths:
          - {type: Exact, value: /api/v4/notifications/ack}
          - {type: Pattern, value: "/oauth/*/complete"}
        action: Allow
      - name: managed-mobile-app
        headers:
          - name: X-Mattermost-Preauth-Secret
            secretRef: {name: preauth}
        action: Allow
      - name: signed-in-websocket # browsers cannot put a header on a WebSocket
        request: WebSocket
        cookies:
          - {name: MMAUTHTOKEN}
          - {name: MMUSERID}
        action: Allow
      - name: android-calls
        request: WebSocket
        bearerToken: true
        action: Allow
    defaultAction: Deny
  backend:
    tls:
      mode: Verify
      caRef: {kind: Secret, name: mattermost-ca}
      serverName: mattermost.internal
`;
