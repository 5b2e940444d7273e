// The definition of policies on a real API server: it registers, and people see what they should.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { policy } from '../support/manifest-builders.ts';
import { FULL_POLICIES } from '../support/policy-keyword-cases.ts';
import { policyWith } from '../support/policy-edits.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Draft, Fields, Stored } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { sharedCluster } from './harness/shared.ts';

const CRD =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mattermostingresspolicies.mattermost-ingress.io';
const SCHEMA = '/openapi/v3/apis/mattermost-ingress.io/v1alpha1';
/** Controllers of other tests run at the same time; they leave alone what is of somebody else's class. */
const FOREIGN = { ingressClassName: 'of-nobody' };
let cluster: Cluster;
let namespace: Namespace;

beforeAll(async () => {
  cluster = sharedCluster();
  namespace = await cluster.namespace('crd');
  // The schema that people are told is published a while after the definition is served.
  await eventually(() => cluster.api.get(SCHEMA));
});

afterAll(async () => {
  await namespace.remove();
  await cluster.close();
});

describe('the definition', () => {
  test('is established, structural, and keeps its names', async () => {
    const { status } = await cluster.api.read(CRD);
    const conditions = status?.['conditions'] as readonly {
      readonly type: string;
      readonly status: string;
    }[];
    const states = Object.fromEntries(conditions.map((each) => [each.type, each.status]));
    // NonStructuralSchema is there only where something is wrong.
    expect(states).toEqual({ NamesAccepted: 'True', Established: 'True' });
    expect(status).toMatchObject({ storedVersions: ['v1alpha1'], acceptedNames: { shortNames: ['mmip'] } });
  });

  test('can be applied again by whoever applied it', async () => {
    const before = await cluster.api.read(CRD);
    await cluster.installCrd();
    const after = await cluster.api.read(CRD);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });
});

describe('a stored policy', () => {
  test.each(Object.entries(FULL_POLICIES))('comes back as it was sent: %s', async (_name, edits) => {
    const sent = policyWith(edits) as Draft;
    const [stored] = await namespace.apply(sent);
    expect(stored?.spec).toEqual(sent['spec']);
  });

  test('says that no controller has looked at it', async () => {
    const [stored] = await namespace.apply(policy('pending', FOREIGN));
    expect(stored?.status).toEqual({
      conditions: [
        {
          type: 'Accepted',
          status: 'Unknown',
          reason: 'Pending',
          message: expect.stringMatching(/controller/u),
          lastTransitionTime: '1970-01-01T00:00:00Z',
        },
      ],
    });
  });

  test('keeps its status when its spec is applied, and its spec when its status is', async () => {
    const [{ metadata: made } = neverStored()] = await namespace.apply(policy('halves', FOREIGN));
    const path = await namespace.path('MattermostIngressPolicy', 'halves');
    await cluster.api.patch(`${path}/status`, { status: { summary: 'halves.example.com' }, spec: {} });
    await namespace.apply({
      ...policy('halves', { ...FOREIGN, limits: { requestBody: '1Mi' } }),
      status: {},
    });
    const { spec, status, metadata } = await cluster.api.read(path);
    expect(spec).toMatchObject({ limits: { requestBody: '1Mi' }, route: { hosts: ['halves.example.com'] } });
    expect(status).toMatchObject({ summary: 'halves.example.com', conditions: [{ reason: 'Pending' }] });
    expect(metadata.uid).toBe(made.uid);
  });

  test('loses what the schema does not know, where the client does not mind', async () => {
    const loose = policy('loose', { admision: {} });
    await expect(namespace.apply(loose)).rejects.toThrow(/admision/u);
    const path = `/apis/mattermost-ingress.io/v1alpha1/namespaces/${namespace.name}/mattermostingresspolicies`;
    const body = { ...loose, metadata: { name: 'loose' } };
    const { spec } = (await cluster.api.must('POST', path, { body })) as Stored;
    expect(Object.keys(spec ?? {}).toSorted()).toEqual(['admission', 'route']);
  });
});

describe('kubectl', () => {
  test('knows the policies by short name and category, and shows the columns', async () => {
    await namespace.apply(policy('shown', FOREIGN));
    const path = await namespace.path('MattermostIngressPolicy', 'shown');
    const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
    const condition = { ...accepted, lastTransitionTime: '2026-01-01T00:00:00Z' };
    const endpoints = { ready: 2, draining: 0, unhealthy: 0 };
    await cluster.api.patch(`${path}/status`, {
      status: { summary: 'shown.example.com', conditions: [condition], endpoints },
    });
    for (const word of ['mmip', 'mattermost', 'mattermostingresspolicies']) {
      const lines = (await cluster.mustKubectl('get', word, '-n', namespace.name)).split('\n');
      expect(lines[0]?.split(/\s{2,}/u)).toEqual(
        expect.arrayContaining(['NAME', 'SUMMARY', 'REASON', 'AGE']),
      );
      const shown = lines.find((line) => line.includes('shown'))?.split(/\s{2,}/u);
      expect(shown).toEqual(expect.arrayContaining(['shown.example.com', '2', 'True', 'Accepted']));
    }
  });

  test.each([
    ['mmip', /KIND:\s+MattermostIngressPolicy\nVERSION:\s+v1alpha1/u],
    ['mmip.spec', /^ {2}admission\s+<Object>/mu],
    ['mmip.spec.route.hosts', /FIELD: hosts <\[\]string>/u],
    ['mmip.spec.admission.defaultAction', /ENUM:\n\s+Allow\n\s+Deny\n\s+Reset/u],
    ['mmip.spec.websocket.idleTimeout', /Default:\s+1h/u],
    ['mmip.spec.limits.requestBody', /answered with 413[^]*Default:\s+110Mi/u],
    ['mmip.status.conditions', /FIELD: conditions <\[\]Object>/u],
  ])('explains %s', async (field, expected) => {
    expect(await cluster.mustKubectl('explain', field)).toMatch(expected);
  });

  test('explains every field: none is without a description', async () => {
    const document = await cluster.api.get(SCHEMA);
    const { components } = document as { readonly components: { readonly schemas: Fields } };
    const schema = components.schemas['io.mattermost-ingress.v1alpha1.MattermostIngressPolicy'];
    const { spec, status } = (schema as { readonly properties: Fields }).properties;
    const fields = [...fieldsOf(spec, 'spec'), ...fieldsOf(status, 'status')];
    expect(fields.length).toBeGreaterThan(60);
    expect(fields.filter(({ description }) => !/^[A-Z].*[.]$/u.test(description))).toEqual([]);
  });

  test('says at the field what is wrong', async () => {
    const file = `${cluster.folder}/wrong.json`;
    const wrong = policy('wrong', { route: { hosts: ['192.0.2.1'] }, websocket: { idleTimeout: '5s' } });
    writeFileSync(file, JSON.stringify({ ...wrong, metadata: { name: 'wrong' } }));
    const { status, stderr } = await cluster.kubectl('apply', '-n', namespace.name, '-f', file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/spec\.route\.hosts\[0\]/u);
    expect(stderr).toMatch(/spec\.websocket\.idleTimeout/u);
  });
});

/** Every field below a schema with its description. */
function fieldsOf(
  schema: unknown,
  path: string,
): readonly { readonly path: string; readonly description: string }[] {
  const {
    description = '',
    properties = {},
    items,
  } = schema as {
    readonly description?: string;
    readonly properties?: Fields;
    readonly items?: unknown;
  };
  return [
    { path, description },
    ...Object.entries(properties).flatMap(([name, each]) => fieldsOf(each, `${path}.${name}`)),
    ...(items === undefined ? [] : fieldsOf(items, `${path}[]`)),
  ];
}

function neverStored(): Stored {
  throw new Error('Nothing was stored');
}
