// Visitors of the worlds in worlds.ts, and what becomes of them.
import { DEFAULT_TLS_POLICY, type Serving } from '../../src/decide/compiled.ts';
import { decide } from '../../src/decide/decide.ts';
import { findHost } from '../../src/decide/match.ts';
import { address, client, request } from '../../src/decide/test-objects.ts';
import { DECIDE_SETTINGS } from './serving.ts';
import { SECRET_HEADER, TOKEN_PATH } from './worlds.ts';

export type Probe = {
  readonly host: string;
  readonly path: string;
  readonly peer: string;
  readonly isTls: boolean;
  readonly hasSecret: boolean;
};

/** Every kind of visitor at every place that the worlds speak of. */
export const PROBES: readonly Probe[] = [
  'chat.example.com',
  'a.example.com',
  'b.example.com',
  'other.test',
].flatMap((host) =>
  ['/', '/x', '/x/', '/x/y', '/x/z', '/plugins', `${TOKEN_PATH}/more`].flatMap((path) =>
    ['192.0.2.7', '203.0.113.9'].flatMap((peer) =>
      [true, false].flatMap((isTls) =>
        [true, false].map((hasSecret) => ({ host, path, peer, isTls, hasSecret })),
      ),
    ),
  ),
);

export function isForwarded(serving: Serving, probe: Probe): boolean {
  return judge(serving, probe).kind === 'forward';
}

export function judge(serving: Serving, { host, path, peer, isTls, hasSecret }: Probe) {
  const policy = findHost(serving.hosts, host)?.tlsPolicy ?? DEFAULT_TLS_POLICY;
  const tls = isTls
    ? ({ serverName: host, version: '1.2', policy, hasCertificate: false } as const)
    : undefined;
  const lines = [`Host: ${host}`, ...(hasSecret ? [`${SECRET_HEADER.name}: ${SECRET_HEADER.value}`] : [])];
  const from = client({ peer: address(peer), tls });
  return decide(serving, request(`GET ${path}`, lines), from, DECIDE_SETTINGS);
}
