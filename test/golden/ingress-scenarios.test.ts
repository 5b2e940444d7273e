// The conformance scenarios as a table: Ingress objects -> translate -> publish -> decide -> which Service, or 404.
import { describe, expect, test } from 'vitest';
import { keyOf, type ApiObject } from '../../src/api/objects.ts';
import { balance } from '../../src/decide/balance.ts';
import { DEFAULT_TLS_POLICY, type Serving } from '../../src/decide/compiled.ts';
import { decide } from '../../src/decide/decide.ts';
import { findHost } from '../../src/decide/match.ts';
import { client, loadView, request, SETTINGS as DECIDE_SETTINGS } from '../../src/decide/test-objects.ts';
import { readObjects } from '../../src/manifests/parse.ts';
import { objectSet, service, SETTINGS, slice } from '../../src/translate/test-objects.ts';
import { EMPTY_MEMORY, translate } from '../../src/translate/translate.ts';
import {
  INGRESS_SCENARIOS,
  SCENARIO_WORLDS,
  type ScenarioRequest,
  type ScenarioWorld,
} from '../support/ingress-scenarios.ts';
import { servingOf } from '../support/serving-of.ts';

const NAMESPACE = 'conformance';

function serve(world: ScenarioWorld): Serving {
  const written = world.objects.flatMap((object) => {
    const metadata = { ...object.metadata, namespace: NAMESPACE };
    return readObjects(JSON.stringify({ ...object, metadata }), 'scenario.yaml').objects;
  });
  const nodes = world.services.flatMap(({ name, port, pods }): readonly ApiObject[] => {
    const addresses = Array.from({ length: pods }, (_, at) => ({
      addresses: [`10.0.0.${at + 1}`],
      conditions: {},
    }));
    return [
      service(`${NAMESPACE}/${name}`, { ports: [{ name: 'http', port }] }),
      slice(`${NAMESPACE}/${name}`, addresses, { serviceName: name, ports: [{ name: 'http', port }] }),
    ];
  });
  const settings = world.needsDefaultBackend ? { ...SETTINGS, defaultBackendNamespace: NAMESPACE } : SETTINGS;
  const objects = objectSet(...written.flatMap(({ produced }) => produced), ...nodes);
  return servingOf(translate(objects, settings, EMPTY_MEMORY).configuration);
}

/** The Service and, behind it, the endpoint; or the status of our own answer. */
function answer(serving: Serving, { method, scheme, host, path }: ScenarioRequest, random: number) {
  const policy = findHost(serving.hosts, host)?.tlsPolicy ?? DEFAULT_TLS_POLICY;
  const from =
    scheme === 'https'
      ? client({ localPort: 8443, tls: { serverName: host, version: '1.3', policy, hasCertificate: false } })
      : client();
  const decision = decide(serving, request(`${method} ${path}`, [`Host: ${host}`]), from, DECIDE_SETTINGS);
  if (decision.kind === 'reject' && ['unknown-host', 'unknown-path'].includes(decision.reason))
    return { answer: 404, address: undefined };
  if (decision.kind !== 'forward') throw new Error(`Unexpected ${decision.kind}`);
  const { backend, usable } = decision.target.backend;
  const view = loadView([], random);
  const endpoint = balance(backend, usable.now(view.health), view)?.endpoint.address;
  return { answer: backend.service.name, address: endpoint };
}

describe.each(INGRESS_SCENARIOS)('$feature: $name', ({ world, requests }) => {
  const serving = serve(SCENARIO_WORLDS[world]);

  test.each(requests.slice(0, 6))('$method $scheme://$host$path: $expected', (asked) => {
    expect(answer(serving, asked, 0).answer).toBe(asked.expected);
  });
});

test('a hundred requests reach each of ten pods', () => {
  const { requests = [] } = INGRESS_SCENARIOS.find(({ feature }) => feature === 'load balancing') ?? {};
  const serving = serve(SCENARIO_WORLDS['load balancing']);
  const reached = requests.map((asked, at) => answer(serving, asked, at / requests.length).address);
  expect(new Set(reached).size).toBe(10);
});

test('there are as many scenarios of each feature as in the suite they come from', () => {
  const count = (feature: string) => INGRESS_SCENARIOS.filter((each) => each.feature === feature).length;
  const features = ['default backend', 'host rules', 'ingress class', 'load balancing', 'path rules'];
  expect(features.map(count)).toEqual([1, 6, 1, 1, 16]);
});

test('all objects of a world have names of their own', () => {
  for (const { objects } of Object.values(SCENARIO_WORLDS)) {
    const names = objects.map(({ kind, metadata }) => `${kind} ${keyOf({ namespace: '', ...metadata })}`);
    expect(new Set(names).size).toBe(names.length);
  }
});
