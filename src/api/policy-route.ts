// Where a policy serves: spec.route gives hosts, path and Service of a site of its own, spec.targetRefs names Ingresses.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { choice, list, namedList, text } from './schema-node.ts';
import { host, labelName, objectName, sitePath } from './text-forms.ts';

const service = Type.Object(
  {
    name: text(
      labelName,
      'Name of the Service, in the namespace of the policy. Its EndpointSlices give the Mattermost nodes. A Service that is missing, or of type ExternalName, answers 503 and turns ResolvedRefs False.',
    ),
    port: Type.Optional(
      Type.Integer({
        description: 'Port number of the Service, usually 8065.',
        minimum: 1,
        maximum: 65535,
      }),
    ),
    portName: Type.Optional(text(labelName, 'Name of the port of the Service, instead of its number.')),
  },
  {
    description: 'The Service of the Mattermost nodes.',
    ...rules('service-port'),
  },
);

const tls = Type.Object(
  {
    secretName: text(
      objectName,
      'Name of a Secret in the namespace of the policy with tls.crt (leaf first) and tls.key in PEM. A broken one leaves the last good certificate in use, a missing one the default certificate; both turn ResolvedRefs False.',
    ),
    redirectHTTP: Type.Optional(
      Type.Boolean({
        description:
          'Whether plain HTTP is redirected to https with status 308, before admission. With false the plain port answers 404 for this site.',
      }),
    ),
  },
  { description: 'TLS towards clients. Absent: the site is served over plain HTTP.' },
);

export const routeSchema = Type.Object(
  {
    hosts: list(text(host, 'A host name, or *.example.com for exactly one label below example.com.'), {
      description:
        'Hosts of the site. A host that an older policy, or another namespace, already has is refused to this one: conditions Conflicted and HostOwnedElsewhere.',
      type: 'set',
      maxItems: 16,
    }),
    path: Type.Optional(
      text(
        sitePath,
        'Path below which Mattermost lives, matched by whole segments and forwarded unchanged; for installations in a subpath.',
      ),
    ),
    service,
    tls: Type.Optional(tls),
  },
  { description: 'The site: its hosts and path, and the Service that serves it.' },
);

export const ingressClassNameSchema = text(
  objectName,
  'Name of the IngressClass whose controller serves the route. Absent: the default class. A class of another controller leaves the policy untouched.',
);

const targetRef = Type.Object(
  {
    group: choice(['networking.k8s.io'], 'API group of the object.'),
    kind: choice(['Ingress'], 'Kind of the object.'),
    name: text(objectName, 'Name of the Ingress, in the namespace of the policy.'),
  },
  { description: 'An Ingress that the policy governs (direct attachment, GEP-713).' },
);

export const targetRefsSchema = namedList(targetRef, {
  description:
    'Ingresses that the policy governs, for example the one of the Mattermost operator. Of several policies that name one Ingress the oldest holds, the others are Conflicted. A field of the policy beats an annotation of the Ingress that says the same.',
  maxItems: 16,
  keys: ['group', 'kind', 'name'],
});
