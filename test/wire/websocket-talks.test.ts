// Talks with an echo server that judges every frame: through the proxy, plain and over TLS, it answers byte for byte what
// it answers without one, whether it echoes, closes or complains.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { cutBy } from '../support/cuts.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { type EchoServer, startEchoServer } from '../support/echo-server.ts';
import { WireClient } from '../support/wire-client.ts';
import { TALKS } from './rows-websocket.ts';
import { LARGE_TALKS } from './rows-websocket-large.ts';
import { LAST_WORD, type TalkRow } from './talks.ts';
import { handshake } from './tunnels.ts';

let echo: EchoServer;
let plane: TestPlane;

beforeAll(async () => {
  echo = await startEchoServer('echo');
  const wanted = configuration(
    [site('a', openSite({ persistence: { ...openSite().persistence, type: 'None' } }))],
    [backend([endpoint('echo', { address: '127.0.0.1', port: echo.place.port })])],
  );
  plane = await TestPlane.start(wanted, { https: true });
});
afterAll(async () => {
  await plane.close();
  await echo.stop();
});

/** What a client hears from the end of the head of the 101 to the end of the connection. */
async function talk(client: WireClient, { frames, pieceBytes, offersDeflate }: TalkRow): Promise<Buffer> {
  const offer = offersDeflate === true ? ['Sec-WebSocket-Extensions: permessage-deflate'] : [];
  client.send(handshake(...offer));
  const head = await client.until((text) => text.includes('\r\n\r\n'));
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  expect(/^Sec-WebSocket-Extensions: permessage-deflate\r$/m.test(head)).toBe(offersDeflate === true);
  const bytes = Buffer.concat([...frames, LAST_WORD]);
  await client.sendPieces(pieceBytes === undefined ? [bytes] : cutBy(bytes, [pieceBytes]));
  expect(await client.ended()).toBe('fin');
  return client.bytes.subarray(head.indexOf('\r\n\r\n') + 4);
}

describe.each([...TALKS, ...LARGE_TALKS])('$family', ({ rows }) => {
  test.each(rows)('$id $name', async (row) => {
    const direct = await talk(await WireClient.connect(echo.place.port), row);
    // Whatever was wrong, the server had something to say about it.
    expect(direct.length).toBeGreaterThan(0);
    const plain = await talk(await WireClient.connect(plane.httpPort), row);
    expect(plain.equals(direct)).toBe(true);
    const secure = await talk(await WireClient.connectTls(plane.httpsPort, 'a'), row);
    expect(secure.equals(direct)).toBe(true);
  });
});
