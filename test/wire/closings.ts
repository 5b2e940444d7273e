// What tests of closing WebSockets share: a site that closes four in a second, and how clients see the end.
import { expect } from 'vitest';
import { backend, endpoint, openSite, site, webSocketCloses } from '../../src/decide/test-objects.ts';
import type { Backend, Endpoint, OpenSite } from '../../src/model/configuration.ts';
import { configuration } from '../support/data-plane.ts';
import { encodeFrame } from '../support/frames.ts';
import { until } from '../support/wire-client.ts';
import type { WireScene } from './scene.ts';
import { type Tunnel, untilReceived } from './tunnels.ts';

/** So slow that a single loss in a second is more than a fifth of it. */
export const SLOW: OpenSite['webSockets'] = webSocketCloses({
  reconnects: { perSecond: 4, maxSpreadMs: 30_000 },
});

/** A Close frame of ours. */
export function closeFrame(code: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(text)]);
  payload.writeUInt16BE(code);
  return encodeFrame({ opcode: 8, payload });
}

/** Two endpoints at one address, so that one can go. @param more of the first one */
export function twoEndpoints(scene: WireScene, more: Partial<Endpoint> = {}): readonly Endpoint[] {
  const place = { address: '127.0.0.1', port: scene.backend.port };
  return [endpoint('node', { ...place, ...more }), endpoint('other', place)];
}

/** The scene's site from now on. */
export function serve(
  scene: WireScene,
  more: Partial<OpenSite>,
  endpoints = twoEndpoints(scene),
  rest: Partial<Backend> = {},
): void {
  const persistence = { ...openSite().persistence, type: 'None' } as const;
  const served = site('a', openSite({ persistence, webSockets: SLOW, ...more }));
  scene.plane.apply(configuration([served], [backend(endpoints, rest)]));
}

export async function expectClosedWith(tunnel: Tunnel, expected: Buffer): Promise<void> {
  await untilReceived(tunnel, expected);
  expect(tunnel.received()).toEqual(expected);
}

export async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined,
    () => 'the end of the client',
  );
}

/** Why WebSockets ended, in the words of the log. */
export function endReasons(scene: WireScene): readonly unknown[] {
  return scene.plane.records.filter(({ event }) => event === 'websocket-closed').map(({ reason }) => reason);
}
