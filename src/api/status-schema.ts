// The schema of `status` in the CRD. Reasons stay open there: an older CRD must not refuse what a newer controller says.
import { Type } from 'typebox';
import { choice } from './schema-node.ts';

const condition = Type.Object(
  {
    type: Type.String({
      description:
        "Accepted: the policy can be followed. ResolvedRefs: all it refers to is usable. Programmed: the worker threads of the replica that writes status serve it. ClientAddressDoubtful: its rules judge by an address that may not be the client's.",
      maxLength: 316,
    }),
    status: choice(['True', 'False', 'Unknown'], 'Whether the condition holds.'),
    observedGeneration: Type.Optional(
      Type.Integer({ description: 'Generation of the policy that was judged.', format: 'int64', minimum: 0 }),
    ),
    lastTransitionTime: Type.String({
      description: 'When the status of the condition last changed.',
      format: 'date-time',
    }),
    reason: Type.String({
      description: 'One word for the cause, from a closed list.',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      hint: 'a word in CamelCase',
    }),
    message: Type.String({ description: 'The cause for people; names object and field.', maxLength: 32768 }),
  },
  { description: 'A condition (metav1.Condition).' },
);

const count = (description: string) => Type.Integer({ description, format: 'int32', minimum: 0 });

const conditions = (description: string) =>
  Type.Array(condition, {
    description,
    maxItems: 8,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

const ancestor = Type.Object(
  {
    group: Type.String({ description: 'API group of the target.', maxLength: 253 }),
    kind: Type.String({ description: 'Kind of the target.', minLength: 1, maxLength: 63 }),
    name: Type.String({ description: 'Name of the target.', minLength: 1, maxLength: 253 }),
    controllerName: Type.String({
      description: 'The controller that serves the target and says this.',
      minLength: 1,
      maxLength: 253,
    }),
    conditions: Type.Optional(conditions('What that controller found about the policy on this target.')),
  },
  { description: 'What one controller says of one target.' },
);

export const statusSchema = Type.Object(
  {
    conditions: Type.Optional(conditions('What the controller found, one entry for each type.')),
    ancestors: Type.Optional(
      Type.Array(ancestor, {
        description: 'For a policy with targetRefs: one entry for each target and controller (GEP-713).',
        maxItems: 32,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['controllerName', 'kind', 'name'],
      }),
    ),
    hosts: Type.Optional(
      Type.Array(Type.String({ description: 'A host.', maxLength: 253 }), {
        description: 'Hosts that are served for this policy; none where it is refused.',
        maxItems: 16,
        'x-kubernetes-list-type': 'set',
      }),
    ),
    endpoints: Type.Optional(
      Type.Object(
        {
          ready: count('Endpoints that take new users.'),
          draining: count('Endpoints that keep their users and take no new ones.'),
          unhealthy: count('Endpoints that get no requests because checks fail.'),
        },
        { description: 'Endpoints of the site.' },
      ),
    ),
    summary: Type.Optional(
      Type.String({ description: 'The hosts in one line, for the column of kubectl get.', maxLength: 4096 }),
    ),
  },
  { description: 'What the controller found; written by it alone.' },
);
