// The loop over objects that change: what is sent to the workers, and when.
import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import type { ObjectSet, RawPolicy } from '../api/objects.ts';
import type { Delta } from '../model/delta.ts';
import { createLogger } from '../observe/log.ts';
import type { ObjectSource } from '../model/object-source.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';
import type { HostPin } from '../translate/routes.ts';
import { secret, service, slice } from '../translate/test-objects.ts';
import { ControlLoop } from './loop.ts';
import { Publisher } from './publisher.ts';
import type { Posting } from './status-board.ts';

const SETTINGS = {
  deniedEndpoints: NO_ADDRESSES,
  stickyKeys: [Buffer.from('key')],
  secretDigestKey: Buffer.from('key'),
};

function policy(name: string): RawPolicy {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name, namespace: 'chat' },
    spec: {
      route: { hosts: [`${name}.example.com`], service: { name: 'mattermost', port: 8065 } },
      admission: { defaultAction: 'Allow' },
    },
  };
}

function objectsOf(...names: string[]): ObjectSet {
  return {
    policies: new Map(names.map((name) => [`chat/${name}`, policy(name)])),
    ingresses: new Map(),
    ingressClasses: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
  };
}

/** One policy, and so many endpoints in this network. */
function withEndpoints(network: string, count: number): ObjectSet {
  const endpoints = Array.from({ length: count }, (_, at) => ({
    addresses: [`${network}.${at + 1}`],
    conditions: {},
  }));
  return {
    ...objectsOf('a'),
    services: new Map([['chat/mattermost', service('chat/mattermost')]]),
    endpointSlices: new Map([['chat/mattermost-1', slice('chat/mattermost-1', endpoints)]]),
  };
}

/** The same with a certificate for each policy. */
function withTls(objects: ObjectSet): ObjectSet {
  const tls = { secretName: 'tls' };
  const policies = [...objects.policies].map(([key, each]) => {
    const spec = Object(each['spec']);
    return [key, { ...each, spec: { ...spec, route: { ...spec.route, tls } } }] as const;
  });
  return { ...objects, policies: new Map(policies) };
}

/** A loop over objects the test changes; `sent` are the deltas that went to the workers. */
function loopOver(
  first: ObjectSet,
  byName: Pick<ObjectSource, 'want' | 'settle'> = {},
  options: { refreshMs?: number } = {},
) {
  const facts = {
    objects: first,
    pins: [] as readonly HostPin[],
    sent: [] as Delta[],
    served: [] as number[],
    acknowledged: [] as number[],
    postings: [] as Posting[],
    findings: 0,
    epochMs: 0,
    /** What is counted in each slot. */
    load: 0,
  };
  const source = {
    changed: () => {},
    start: (onChange: () => void) => {
      source.changed = onChange;
      return Promise.resolve();
    },
    objects: () => facts.objects,
    findings: () => [],
    locate: () => ({ file: 'sites.yaml', line: 3 }),
    close: () => Promise.resolve(),
    ...byName,
  };
  const loop = new ControlLoop({
    source,
    settings: () => ({ ...SETTINGS, hostNamespaces: facts.pins }),
    publisher: new Publisher(8),
    fleet: { publish: (delta) => facts.sent.push(delta) },
    health: { update: () => undefined, findings: () => [] },
    clock: { epochMs: () => facts.epochMs, monotonicMs: () => performance.now() },
    log: createLogger({ write: () => undefined }, 'silent'),
    metrics: {
      configurationTranslated: () => undefined,
      configurationSent: () => undefined,
      configurationServed: () => facts.served.push(facts.sent.length),
      findingsCounted: ({ error }) => (facts.findings = error),
    },
    load: () => facts.load,
    onTranslated: (posting) => {
      facts.postings.push(posting);
      expect(posting.findings.every(({ location }) => location?.line === 3)).toBe(true);
    },
    onServed: (generation) => facts.acknowledged.push(generation),
    onStalled: () => undefined,
    ...options,
  });
  return { loop, facts, source };
}

describe('loop', () => {
  test('the first full set is published at once', async () => {
    const { loop, facts } = loopOver(objectsOf('a', 'b'));
    expect(loop.isSynced).toBe(false);
    await loop.start();
    expect(loop.isSynced).toBe(true);
    expect(facts.sent.map(({ sites }) => sites.set.length)).toEqual([2]);
    await loop.close();
  });

  test('a burst of changes is one step', async () => {
    const { loop, facts, source } = loopOver(objectsOf('a'));
    await loop.start();
    for (const name of ['b', 'c', 'd']) {
      facts.objects = objectsOf('a', name);
      source.changed();
    }
    await eventually(() => expect(facts.sent).toHaveLength(2));
    expect(facts.sent[1]?.sites.set.map(({ hosts }) => hosts)).toEqual([['d.example.com']]);
    await loop.close();
  });

  test('only the newest generation counts as served', async () => {
    const { loop, facts } = loopOver(objectsOf('a'));
    await loop.start();
    loop.served(0);
    loop.served(1);
    expect(facts.served).toEqual([1]);
    expect(facts.acknowledged).toEqual([0, 1]);
    await loop.close();
  });

  test('each translation is told with the generation it is published in', async () => {
    const { loop, facts, source } = loopOver(objectsOf('a'));
    await loop.start();
    facts.objects = objectsOf('a');
    source.changed();
    await eventually(() => expect(facts.postings).toHaveLength(2));
    facts.objects = objectsOf('a', 'b');
    source.changed();
    await eventually(() => expect(facts.postings).toHaveLength(3));
    expect(facts.postings.map(({ generation }) => generation)).toEqual([1, 1, 2]);
    expect(facts.postings.map(({ translation }) => [...translation.policies.keys()])).toEqual([
      ['chat/a'],
      ['chat/a'],
      ['chat/a', 'chat/b'],
    ]);
    expect(facts.postings[2]?.objects).toBe(facts.objects);
    await loop.close();
  });

  test('settings are read anew for each translation', async () => {
    const { loop, facts, source } = loopOver(objectsOf('a'));
    await loop.start();
    facts.pins = [{ host: 'b.example.com', namespace: 'other' }];
    facts.objects = objectsOf('a', 'b');
    source.changed();
    await eventually(() => expect(facts.postings).toHaveLength(2));
    expect(facts.postings[1]?.findings.map(({ reason }) => reason)).toContain('HostOwnedElsewhere');
    await loop.close();
  });

  test('what is read by name alone is there before anything is published', async () => {
    const steps: string[] = [];
    const { loop, facts } = loopOver(objectsOf('a'), {
      want: ({ secrets }) => steps.push(`want ${[...secrets].join()} at ${facts.sent.length}`),
      settle: () => Promise.resolve(steps.push(`settle at ${facts.sent.length}`)).then(() => undefined),
    });
    facts.objects = withTls(objectsOf('a'));
    await loop.start();
    expect(steps).toEqual(['want chat/tls at 0', 'settle at 0', 'want chat/tls at 0']);
    expect(facts.sent).toHaveLength(1);
    await loop.close();
  });

  test('endpoints without room are served when the last WebSocket of others has ended, which no object tells', async () => {
    const { loop, facts, source } = loopOver(withEndpoints('10.1.0', 8));
    const addresses = () =>
      facts.sent
        .at(-1)
        ?.backends.set.flatMap(({ backend }) => backend.endpoints.map(({ address }) => address));
    await loop.start();
    loop.served(1);
    facts.load = 1;
    facts.objects = withEndpoints('10.2.0', 2);
    source.changed();
    await eventually(() => expect(facts.sent).toHaveLength(2));
    loop.served(2);
    expect([addresses(), facts.findings]).toEqual([[], 1]);
    facts.load = 0;
    await eventually(() => expect(facts.sent).toHaveLength(3));
    expect([addresses(), facts.findings]).toEqual([['10.2.0.1', '10.2.0.2'], 0]);
    await loop.close();
  });

  test('one that is left out beside others of its backend is, too', async () => {
    const { loop, facts, source } = loopOver(withEndpoints('10.1.0', 8));
    await loop.start();
    loop.served(1);
    facts.load = 1;
    const both = withEndpoints('10.1.0', 7);
    facts.objects = both;
    source.changed();
    await eventually(() => expect(facts.sent).toHaveLength(2));
    loop.served(2);
    const more = slice('chat/mattermost-2', [{ addresses: ['10.2.0.1'], conditions: {} }]);
    facts.objects = {
      ...both,
      endpointSlices: new Map([...both.endpointSlices, ['chat/mattermost-2', more]]),
    };
    source.changed();
    await eventually(() => expect(facts.findings).toBe(1));
    expect(facts.sent).toHaveLength(2);
    facts.load = 0;
    await eventually(() => expect(facts.sent).toHaveLength(3));
    expect([facts.sent.at(-1)?.backends.set[0]?.slots.length, facts.findings]).toEqual([8, 0]);
    await loop.close();
  });

  test('what time alone brings is told: a certificate expires where nothing changes', async () => {
    const { certificate, key } = await makeCertificate('a.example.com');
    const pair = secret('chat/tls', { 'tls.crt': certificate, 'tls.key': key });
    const { loop, facts } = loopOver(
      { ...withTls(objectsOf('a')), secrets: new Map([['chat/tls', pair]]) },
      {},
      { refreshMs: 50 },
    );
    const reasons = () => facts.postings.at(-1)?.findings.map(({ reason }) => reason);
    facts.epochMs = Date.now();
    await loop.start();
    expect(reasons()).not.toContain('CertificateExpired');
    facts.epochMs += 100 * 365 * 86_400_000;
    await eventually(() => expect(reasons()).toContain('CertificateExpired'));
    expect(facts.sent).toHaveLength(1);
    await loop.close();
  });

  test('a mistake of ours keeps what is served', async () => {
    const { loop, facts, source } = loopOver(objectsOf('a'));
    await loop.start();
    const broken = { policies: undefined } as unknown as ObjectSet;
    facts.objects = broken;
    source.changed();
    await eventually(() => expect(loop.isFailing).toBe(true));
    facts.objects = objectsOf('a', 'b');
    source.changed();
    await eventually(() => expect(facts.sent).toHaveLength(2));
    expect(loop.isFailing).toBe(false);
    await loop.close();
  });
});
