// A node that takes a body slowly: its time is not the client's, who sends as fast as he is let.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, connectHttp2, statusesOf } from '../support/http2-session.ts';
import { untilStalled, untilStill } from '../support/kernel-queues.ts';
import { answer } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { head } from './rows.ts';
import { WireScene } from './scene.ts';

/** More than the kernel takes for a node that does not read. */
const BODY_BYTES = 32 * 1024 * 1024;
/** Longer than the pace of a body is looked over, and shorter than anybody's silence. */
const STOP_MS = 50_000;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    // Seconds of a stop would make any body too slow.
    limits: { requestBodyMinBytesPerSecond: BODY_BYTES / 20 },
    site: { requestBodyMaxBytes: BODY_BYTES },
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

/** The node reads nothing of the body until it is told to, then all of it, and answers. */
function stoppedNode(): { readonly goOn: () => void } {
  let received = 0;
  let expected = Number.POSITIVE_INFINITY;
  scene.backend.intercept = (connection, chunk) => {
    if (received === 0) {
      expected = chunk.indexOf('\r\n\r\n') + 4 + BODY_BYTES;
      connection.socket.pause();
    }
    received += chunk.length;
    if (received === expected) connection.send(answer('taken'));
  };
  return { goOn: () => scene.upstream.socket.resume() };
}

/** Lets time pass when the client cannot send on, and then has the node go on. @param stalled resolves when it cannot */
async function standStill(
  node: { readonly goOn: () => void },
  stalled: () => Promise<unknown>,
): Promise<void> {
  await until(
    () => scene.backend.connections.length === 1,
    () => 'a connection to the backend',
  );
  await stalled();
  await scene.plane.advance(STOP_MS);
  node.goOn();
}

describe('a node that stands still is no fault of the client', () => {
  test('over HTTP/1', async () => {
    const node = stoppedNode();
    const client = await scene.client();
    client.send(head('POST / HTTP/1.1', 'Host: a', `Content-Length: ${BODY_BYTES}`) + 'x'.repeat(BODY_BYTES));
    await standStill(node, () => untilStalled(client.socket, scene.upstream.socket));
    await client.until((text) => text.endsWith('taken'));
    expect(scene.plane.records).toMatchObject([{ status: 200 }]);
  });

  test('over HTTP/2', async () => {
    const node = stoppedNode();
    const session = await connectHttp2(scene.plane.httpsPort);
    const headers = { ':method': 'POST', 'content-length': String(BODY_BYTES) };
    const asked = ask(session, { headers, body: Buffer.alloc(BODY_BYTES, 'x') });
    // Its window says nothing: it is used up as soon as there is any.
    await standStill(node, () => untilStill(() => session.socket.bytesWritten ?? 0, 20, 5));
    expect(statusesOf(await asked)).toEqual([200]);
    session.destroy();
  });
});
