// What the process says of itself: metrics that are right over all workers, health, and one line a request.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../src/observe/metrics.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { answer } from '../support/raw-backend.ts';
import { exchangeRaw, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;
let pair: Pair;
let port = 0;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('secure'));
  const node = await scene.node('node');
  port = node.port;
  const place = { name: 'node', port };
  const fixed = await scene.backend('fixed', ({ socket }) => void socket.write(answer('x'.repeat(1000))));
  controller = await scene.controller({
    flags: { workers: '3' },
    objects: [
      ...site('chat', [place]),
      ...site('silent', [place], { accessLog: { enabled: false } }),
      ...site('counted', [fixed.place]),
      ...site('secure', [place], { route: { tls: { secretName: 'secure' } } }),
      tlsSecret('secure', pair),
    ],
  });
});
afterAll(() => scene.end());

describe('metrics', () => {
  test('are exact over several workers', async () => {
    const count = 60;
    const host = hostOf('counted');
    const bytes = requestText('POST /', host, { Connection: 'close', 'Content-Length': '10' });
    const replies = await Promise.all(
      Array.from({ length: count }, () => exchangeRaw(controller.raw(), `${bytes}0123456789`)),
    );
    const received = replies.reduce((sum, { text }) => sum + text.length, 0);
    await controller.expectMetrics((metrics) => {
      const site = { namespace: 'test', kind: 'MattermostIngressPolicy', name: 'counted', host };
      expect(metrics.matching('requests_total', { host })).toEqual([
        {
          name: 'mattermost_ingress_requests_total',
          labels: { ...site, method: 'POST', code: '200' },
          value: count,
        },
      ]);
      expect(metrics.sum('request_duration_seconds_count', site)).toBe(count);
      expect(metrics.sum('request_duration_seconds_bucket', { ...site, le: '+Inf' })).toBe(count);
      expect(metrics.sum('upstream_first_byte_seconds_count', site)).toBe(count);
      expect(metrics.sum('response_bytes_total', site)).toBe(received);
      // Heads included, as the metric's description says.
      expect(metrics.sum('request_bytes_total', site)).toBe(count * (bytes.length + 10));
      expect(metrics.sum('affinity_decisions_total', site)).toBe(count);
    });
  });

  test('of connections go up and down', async () => {
    const expectOpen = (count: number) =>
      controller.expectMetrics((metrics) =>
        expect(metrics.sum('connections', { listener: 'http' })).toBe(count),
      );
    await expectOpen(0);
    const clients = Array.from({ length: 12 }, () => new RawConnection(controller.raw()));
    for (const client of clients) client.send(requestText('GET /', hostOf('chat')));
    await expectOpen(12);
    for (const client of clients) client.socket.destroy();
    await expectOpen(0);
  });

  test('of requests in flight are those of the endpoint', async () => {
    const waiting = await scene.backend('waiting', () => undefined);
    await controller.apply('waiting.yaml', ...site('waiting', [waiting.place]));
    const labels = { namespace: 'test', service: 'waiting', port: '8065', endpoint: 'waiting' };
    const expectInFlight = (count: number) =>
      controller.expectMetrics((metrics) => expect(metrics.sum('endpoint_inflight', labels)).toBe(count));
    const clients = Array.from({ length: 7 }, () => new RawConnection(controller.raw()));
    for (const client of clients) client.send(requestText('GET /', hostOf('waiting')));
    await expectInFlight(7);
    // With a FIN alone a client may still wait for its answer.
    for (const client of clients) client.socket.resetAndDestroy();
    await expectInFlight(0);
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('faults_total', { source: 'client', code: 'client-closed' })).toBe(7),
    );
  });

  test('of TLS: handshakes by version, and the end of each certificate', async () => {
    for (let at = 0; at < 5; at++) await controller.get(hostOf('secure'), '/', { ca: pair.certificate });
    const endMs = new X509Certificate(pair.certificate).validToDate.getTime();
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('tls_handshakes_total', { version: '1.3', result: 'ok' })).toBe(5);
      expect(metrics.matching('tls_certificate_not_after_seconds')).toMatchObject([
        { labels: { certificate: 'test/secure' }, value: endMs / 1000 },
      ]);
    });
  });

  test('of the configuration follow each change', async () => {
    await controller.apply('other.yaml', ...site('other', []));
    const metrics = await controller.metrics();
    expect(metrics.sum('configuration_generation')).toBe(controller.served);
    expect(metrics.sum('configuration_publish_seconds_count')).toBeGreaterThanOrEqual(2);
    expect(metrics.sum('configuration_findings', { severity: 'warning' })).toBeGreaterThan(0);
    expect(metrics.sum('configuration_last_success_timestamp_seconds')).toBeGreaterThan(1.7e9);
  });

  test('are those of the catalogue, each with its description, and those of the process', async () => {
    const { text } = await controller.metrics();
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(text).toContain(`# HELP mattermost_ingress_${name} ${help}\n`);
      expect(text).toContain(`# TYPE mattermost_ingress_${name} ${type}\n`);
    }
    expect(text).toContain('\nprocess_resident_memory_bytes ');
  });
});

describe('health', () => {
  test('/livez and /readyz are 200', async () => {
    const replies = await Promise.all(['/livez', '/readyz'].map((path) => controller.admin(path)));
    expect(replies.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, 'ok\n'],
      [200, 'ok\n'],
    ]);
  });

  test('/readyz?verbose says what it looked at', async () => {
    const { body, headers } = await controller.admin('/readyz?verbose');
    const generation = controller.served;
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body.toString())).toEqual({
      ready: true,
      reasons: [],
      synced: true,
      listening: true,
      draining: false,
      generation,
      workers: [0, 1, 2].map((worker) => ({ worker, alive: true, generation })),
    });
  });

  test('the admin port serves no site, the listeners no metrics', async () => {
    expect((await controller.admin('/api/v4/system/ping')).status).toBe(404);
    const reply = await controller.get(hostOf('chat'), '/metrics');
    expect(reply.node).toBe('node');
  });
});

describe('the access log', () => {
  test('has one line a request, with all that is known of it and nothing else', async () => {
    await controller.apply('logged.yaml', ...site('logged', [{ name: 'node', port }]));
    const bytes = requestText('POST /api/v4/demo/echo?token=of-somebody', hostOf('logged'), {
      Connection: 'close',
      'Content-Length': '5',
      'X-Request-ID': 'log-1',
    });
    const { text } = await exchangeRaw(controller.raw({ from: '127.60.0.1' }), `${bytes}hello`);
    expect(await controller.logged({ requestId: 'log-1' })).toEqual({
      level: 30,
      time: expect.any(Number),
      msg: 'request',
      requestId: 'log-1',
      client: '127.60.0.1',
      scheme: 'http',
      protocol: 'HTTP/1.1',
      host: hostOf('logged'),
      method: 'POST',
      path: '/api/v4/demo/echo',
      site: 'MattermostIngressPolicy/test/logged',
      status: 200,
      requestBytes: 5,
      responseBytes: text.length,
      durationMs: expect.any(Number),
      connectMs: expect.any(Number),
      firstByteMs: expect.any(Number),
      endpoint: 'node',
      persistence: 'source',
      rule: 'default',
      action: 'Allow',
      mode: 'Enforce',
    });
    expect(controller.log.all.filter(({ requestId }) => requestId === 'log-1')).toHaveLength(1);
  });

  test('a request of our own making has an id that client, backend and log share', async () => {
    const reply = await controller.get(hostOf('chat'), '/api/v4/demo/echo');
    const { headers } = JSON.parse(reply.body.toString()) as { readonly headers: readonly string[][] };
    const [, requestId = ''] = headers.find(([name]) => name === 'X-Request-ID') ?? [];
    expect(requestId).toMatch(/^[a-z0-9]{26}$/);
    await controller.logged({ requestId });
  });

  test('is silent where the policy wants so; the requests are counted', async () => {
    expect((await controller.get(hostOf('silent'), '/')).status).toBe(200);
    const talk = await controller.open(hostOf('silent'));
    talk.socket.terminate();
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('websocket_closed_total', { host: hostOf('silent') })).toBe(1);
    });
    // Lines of later requests to all workers show that the earlier ones would be here.
    for (let at = 0; at < 16; at++) {
      const requestId = `later-${at}`;
      await controller.get(hostOf('chat'), '/', { headers: { 'X-Request-ID': requestId } });
      await controller.logged({ requestId });
    }
    expect(controller.stdout.match(/"host":"silent/)).toBeNull();
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('requests_total', { host: hostOf('silent') })).toBe(2),
    );
  });
});
