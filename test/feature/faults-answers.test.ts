// Endpoints that swallow connections, and answers that break off by a reset: what is tried again, what never is, and what
// the client and the metrics are told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBlackHole } from '../support/black-hole.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hasKernelQueues, untilRead } from '../support/kernel-queues.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { always, answer, type Script } from '../support/raw-backend.ts';
import { exchangeRaw, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Both endpoints get their share, whoever asks. */
const PARTS = { sessionPersistence: { type: 'None' } };

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  controller = await scene.controller();
});
afterAll(() => scene.end());

describe('an endpoint that swallows connections', () => {
  // Longer than a worker may stand still while it connects to the other one.
  const backend = { loadBalancing: 'RoundRobin', timeouts: { connect: '1s' } };

  test('costs a wait, never a request', async (context) => {
    if (process.platform !== 'linux')
      context.skip('Kernels other than Linux refuse what they have no room for');
    const hole = await startBlackHole('hole');
    scene.add(hole);
    const alive = await scene.backend('alive', always(answer('alive')));
    const places = [hole.place, alive.place];
    await controller.apply('beside.yaml', ...site('beside', places, { ...PARTS, backend }));
    for (const method of [...METHODS, ...METHODS]) {
      const body = method === 'GET' ? '' : 'body';
      const headers = { 'Content-Length': String(body.length) };
      const reply = await controller.get(hostOf('beside'), '/', { method, body, headers });
      expect([method, reply.status, reply.body.toString()]).toEqual([method, 200, 'alive']);
    }
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('retries_total', { reason: 'connect-timeout' })).toBeGreaterThan(0),
    );
  });

  test('and no other: 504', async (context) => {
    if (process.platform !== 'linux')
      context.skip('Kernels other than Linux refuse what they have no room for');
    const hole = await startBlackHole('hole');
    scene.add(hole);
    await controller.apply('alone.yaml', ...site('alone', [hole.place], { ...PARTS, backend }));
    const reply = await controller.get(hostOf('alone'), '/', { headers: { 'X-Request-ID': 'alone-1' } });
    expect(reply.status).toBe(504);
    expect(await controller.logged({ requestId: 'alone-1' })).toMatchObject({ reason: 'connect-timeout' });
  });
});

describe('a reset', () => {
  /** Sends so much of an answer and, when the other end has read it, resets: what is unread would be lost with it. */
  const resetAfter =
    (bytes: string): Script =>
    ({ socket }) => {
      if (bytes === '') socket.resetAndDestroy();
      else socket.write(bytes, 'latin1', () => void untilRead(socket).then(() => socket.resetAndDestroy()));
    };

  test.for([
    { name: 'before an answer', bytes: '', reason: 'closed-before-response' },
    { name: 'in the head', bytes: 'HTTP/1.1 200 OK\r\nContent-', reason: 'response-truncated' },
  ])('$name on a fresh connection: 502, sent to nobody else', async ({ bytes, reason }, context) => {
    if (!hasKernelQueues()) context.skip('The kernel shows what was read on Linux only');
    const name = `reset-${reason}`;
    const script = resetAfter(bytes);
    const nodes = [await scene.backend(`${name}-a`, script), await scene.backend(`${name}-b`, script)];
    const backend = { connectionReuse: { enabled: false } };
    const places = nodes.map(({ place }) => place);
    await controller.apply(`${name}.yaml`, ...site(name, places, { ...PARTS, backend }));
    for (const method of METHODS) {
      const id = `${name}-${method}`;
      const reply = await controller.get(hostOf(name), '/', { method, headers: { 'X-Request-ID': id } });
      expect([method, reply.status]).toEqual([method, 502]);
      expect(await controller.logged({ requestId: id })).toMatchObject({ reason });
    }
    const sent = nodes.flatMap(({ connections }) => connections).length;
    expect(sent).toBe(METHODS.length);
  });

  test.for([
    { name: 'length', head: 'Content-Length: 1000\r\n', body: 'half' },
    { name: 'chunks', head: 'Transfer-Encoding: chunked\r\n', body: '4\r\nhalf\r\n' },
  ])('in a body by $name: the client is reset too', async ({ name, head, body }, context) => {
    if (!hasKernelQueues()) context.skip('The kernel shows what was read on Linux only');
    const broken = await scene.backend(`broken-${name}`, resetAfter(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`));
    await controller.apply(`broken-${name}.yaml`, ...site(`broken-${name}`, [broken.place]));
    const { text, ending } = await exchangeRaw(
      controller.raw(),
      requestText('GET /', hostOf(`broken-${name}`), { 'X-Request-ID': `broken-${name}` }),
    );
    expect([text.startsWith('HTTP/1.1 200 '), text.endsWith(body), ending]).toEqual([true, true, 'reset']);
    expect(broken.connections).toHaveLength(1);
    expect(await controller.logged({ requestId: `broken-${name}` })).toMatchObject({
      status: 200,
      reason: 'response-truncated',
    });
  });
});
