// spec.route of a policy: which hosts and path the site has, and the Service behind it.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { list, text } from './schema-node.ts';
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
