// The CustomResourceDefinition of MattermostIngressPolicy as a plain object.
// crds/generate.ts writes it to a file, the subcommand `crd` prints it.
import { POLICY_GROUP, POLICY_KIND, POLICY_VERSION, specSchema } from './policy.ts';
import { asNode } from './schema-node.ts';
import { statusSchema } from './status-schema.ts';
import { ACCEPTED_REASONS } from './status.ts';
import { type Plain, toStructural } from './structural.ts';

const PLURAL = 'mattermostingresspolicies';

/** Options for `stringify` of package yaml, so that every reader, YAML 1.1 ones too, reads strings as strings. */
export const CRD_YAML_OPTIONS = { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 110 } as const;

/** The CRD; a new object at each call. Throws only where the schema itself is at fault. */
export function policyCrd(): Plain {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${POLICY_GROUP}` },
    spec: {
      group: POLICY_GROUP,
      scope: 'Namespaced',
      names: {
        kind: POLICY_KIND,
        listKind: `${POLICY_KIND}List`,
        plural: PLURAL,
        singular: 'mattermostingresspolicy',
        shortNames: ['mmip'],
        categories: ['mattermost'],
      },
      versions: [
        {
          name: POLICY_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}

const COLUMNS = [
  { name: 'Summary', type: 'string', description: 'The hosts of the site', jsonPath: '.status.summary' },
  {
    name: 'Endpoints',
    type: 'integer',
    description: 'Endpoints that take new users',
    jsonPath: '.status.endpoints.ready',
  },
  conditionColumn('Accepted', 'Accepted', 'status'),
  conditionColumn('Reason', 'Accepted', 'reason'),
  conditionColumn('Programmed', 'Programmed', 'status'),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function conditionColumn(name: string, type: string, field: string): Plain {
  const description = `The ${field} of condition ${type}`;
  return { name, type: 'string', description, jsonPath: `.status.conditions[?(@.type=="${type}")].${field}` };
}

function rootSchema(): Plain {
  return {
    description:
      'The ingress of one Mattermost site: who may come in, how clients are kept on a node, how nodes are reached.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { description: `Always ${POLICY_GROUP}/${POLICY_VERSION}.`, type: 'string' },
      kind: { description: `Always ${POLICY_KIND}.`, type: 'string' },
      metadata: { type: 'object' },
      spec: toStructural(asNode(specSchema), []),
      status: { ...toStructural(asNode(statusSchema), ['status']), default: PENDING_STATUS },
    },
  };
}

/** What a policy shows until a controller has looked at it. */
const PENDING_STATUS = {
  conditions: [
    {
      type: 'Accepted',
      status: 'Unknown',
      reason: 'Pending',
      message: `${ACCEPTED_REASONS.Pending.meaning}. ${ACCEPTED_REASONS.Pending.remedy}`,
      lastTransitionTime: '1970-01-01T00:00:00Z',
    },
  ],
};
