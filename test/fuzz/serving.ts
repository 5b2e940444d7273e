// From a policy and a request as people write them to what `decide` takes, through the real translator and parser.
import { compileBackend, compileHosts, DEFAULT_TLS_POLICY, type Serving } from '../../src/decide/compiled.ts';
import type { DecideSettings } from '../../src/decide/decide.ts';
import { NO_GATE } from '../../src/decide/limits.ts';
import { parsePeerAddress } from '../../src/model/address.ts';
import { type Client, noCharges, type RequestHead } from '../../src/model/request.ts';
import { compileRanges, NO_ADDRESSES } from '../../src/translate/address-ranges.ts';
import { objectSet, policy, secret, service, SETTINGS, slice } from '../../src/translate/test-objects.ts';
import { EMPTY_MEMORY, translate } from '../../src/translate/translate.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../src/model/limits.ts';
import { RequestHeadReader } from '../../src/wire/http1-request.ts';
import type { Asked } from './reference.ts';
import { HOST, SECRETS, TRUSTED } from './words.ts';

export const DECIDE_SETTINGS: DecideSettings = {
  trustedProxies: compileRanges(TRUSTED) ?? NO_ADDRESSES,
  secretDigestKey: SETTINGS.secretDigestKey,
  redirectHttpsPort: 443,
  sources: NO_GATE,
};
const OTHERS = [
  service('chat/mattermost'),
  slice('chat/one', [{ addresses: ['10.9.9.9'], conditions: { ready: true }, targetUid: 'uid-1' }]),
  ...Object.entries(SECRETS).map(([name, texts]) => secret(`chat/${name}`, texts)),
];

/** What a worker serves of one policy, by way of the translator. */
export function serve(spec: object): Serving {
  const { configuration } = translate(objectSet(policy('chat/it', spec), ...OTHERS), SETTINGS, EMPTY_MEMORY);
  const backends = [...configuration.backends].map(([key, backend]) => {
    const slots = backend.endpoints.map((_, at) => at);
    return [key, compileBackend({ backend, slots })] as const;
  });
  return {
    generation: 1,
    hosts: compileHosts(configuration.sites.values()),
    backends: new Map(backends),
    certificates: configuration.certificates,
  };
}

/** The head as the parser sees it; undefined where it refuses. */
export function parse({ method, target, lines }: Asked): RequestHead | undefined {
  const lined = [
    `${method} ${target} HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ];
  const bytes = Buffer.from(lined.join('\r\n'), 'latin1');
  const head = new RequestHeadReader(DEFAULT_CLIENT_LIMITS).push(bytes, 0, bytes.length);
  return head === undefined || 'code' in head ? undefined : head;
}

/** Over TLS with the handshake that the host wants. */
export function clientOf(asked: Asked, serving: Serving): Client {
  const peer = parsePeerAddress(asked.peer);
  if (peer === undefined) throw new Error(`${asked.peer} is no address`);
  const policyOfHost = serving.hosts.exact.get(HOST)?.tlsPolicy ?? DEFAULT_TLS_POLICY;
  const tls = asked.isTls
    ? ({ serverName: HOST, version: '1.3', policy: policyOfHost, hasCertificate: false } as const)
    : undefined;
  return { peer, peerPort: 1, localPort: 80, tls, trusted: asked.isTrusted, charges: noCharges() };
}
