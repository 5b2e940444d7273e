// From manifests to bytes: what the translator makes of YAML is what the data plane serves.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configurationFromYaml, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { WireClient } from '../support/wire-client.ts';
import { head } from './rows.ts';

const HOST = 'chat.example.com';

let recorder: RecordingBackend;
let plane: TestPlane;

function manifests(port: number): string {
  return `
apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {namespace: chat, name: chat}
spec:
  route:
    hosts: [${HOST}]
    service: {name: mattermost, port: 8065}
  admission:
    rules:
    - name: published
      paths: [{type: Exact, value: /api/v4/system/ping}]
      action: Allow
    - name: app
      headers: [{name: X-Mattermost-Preauth-Secret, secretRef: {name: preauth}}]
      action: Allow
    defaultAction: Deny
---
apiVersion: v1
kind: Secret
metadata: {namespace: chat, name: preauth}
stringData: {current: a secret of more than sixteen bytes}
---
apiVersion: v1
kind: Service
metadata: {namespace: chat, name: mattermost}
spec: {ports: [{name: http, port: 8065}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {namespace: chat, name: mattermost-1, labels: {kubernetes.io/service-name: mattermost}}
addressType: IPv4
ports: [{name: http, port: ${port}}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]
`;
}

beforeAll(async () => {
  recorder = await RecordingBackend.start(always(answer('pong')));
  plane = await TestPlane.start(configurationFromYaml(manifests(recorder.port)));
});

afterAll(async () => {
  await recorder.stop();
  await plane.close();
});

test.each([
  { name: 'a published path', line: 'GET /api/v4/system/ping', fields: [], status: 200 },
  { name: 'another path', line: 'GET /api/v4/users/me', fields: [], status: 403 },
  {
    name: 'the secret',
    line: 'GET /api/v4/users/me',
    fields: ['x-mattermost-preauth-secret: a secret of more than sixteen bytes'],
    status: 200,
  },
  {
    name: 'a wrong secret',
    line: 'GET /api/v4/users/me',
    fields: ['X-Mattermost-Preauth-Secret: a secret of more than sixteen bites'],
    status: 403,
  },
  {
    name: 'the secret, nominated by Connection',
    line: 'GET /api/v4/users/me',
    fields: [
      'X-Mattermost-Preauth-Secret: a secret of more than sixteen bytes',
      'Connection: x-mattermost-preauth-secret',
    ],
    status: 400,
  },
])('$name gets $status', async ({ line, fields, status }) => {
  recorder.forget();
  const client = await WireClient.connect(plane.httpPort);
  client.send(head(`${line} HTTP/1.1`, `Host: ${HOST}`, 'Connection: close', ...fields));
  expect(await client.ended()).toBe('fin');
  const { statuses, messages } = splitAnswers(client.bytes);
  expect(statuses).toEqual([status]);
  if (status === 403) expect(messages[0]?.head).toMatch(/^x-reject-reason: pre-auth$/m);
  expect(recorder.requests).toHaveLength(status === 200 ? 1 : 0);
  expect(recorder.text).not.toContain('a secret of');
});
