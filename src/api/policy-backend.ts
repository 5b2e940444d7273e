// spec.backend of a policy: how the Mattermost nodes are chosen and reached.
import { Type } from 'typebox';
import {
  connectionReuseSchema,
  maxConnectionsPerEndpointSchema,
  retriesSchema,
  sourceAddressesSchema,
} from './policy-connections.ts';
import { healthCheckSchema, outlierEjectionSchema, slowStartSchema } from './policy-health.ts';
import { rules } from './policy-rules.ts';
import { choice, text } from './schema-node.ts';
import { dnsName, duration, objectName } from './text-forms.ts';

const caRef = Type.Object(
  {
    kind: choice(['Secret', 'ConfigMap'], 'Kind of the object.'),
    name: text(objectName, 'Name of the object, in the namespace of the policy.'),
  },
  {
    description:
      'A Secret or ConfigMap whose key ca.crt holds the authorities in PEM that the certificates of the nodes must come from. Absent: the authorities that Node.js ships. A missing or broken one turns ResolvedRefs False, and no node is reached.',
  },
);

const clientCertificateRef = Type.Object(
  { name: text(objectName, 'Name of the Secret, in the namespace of the policy.') },
  {
    description:
      'A Secret with tls.crt and tls.key that is shown to nodes that ask for a client certificate. A missing or broken one turns ResolvedRefs False, and no node is reached.',
  },
);

const backendTls = Type.Object(
  {
    mode: choice(
      ['Disabled', 'Verify', 'InsecureSkipVerify'],
      'Disabled: plain HTTP. Verify: TLS, with the chain and serverName verified; a node that fails answers 502. InsecureSkipVerify: TLS without any verification, which anybody on the way can intercept.',
    ),
    caRef: Type.Optional(caRef),
    serverName: Type.Optional(
      text(dnsName, 'Name sent as SNI and, with Verify, looked for in the certificate.'),
    ),
    clientCertificateRef: Type.Optional(clientCertificateRef),
    minVersion: Type.Optional(
      choice(['1.2', '1.3'], 'Lowest version of TLS accepted from a node. Write it in quotes.'),
    ),
  },
  {
    description: 'TLS towards the nodes. Absent: plain HTTP.',
    ...rules('backend-ca-verify', 'backend-tls-disabled'),
  },
);

const timeouts = Type.Object(
  {
    connect: Type.Optional(
      text(
        duration,
        'Longest wait for a connection to a node, TLS included. When it passes the next node is tried; 504 when there is none.',
        rules('connect-timeout-range'),
      ),
    ),
    response: Type.Optional(
      text(
        duration,
        'Longest silence of a node before the head of its answer (then 504) and between pieces of its body (then the connection is cut).',
        rules('response-timeout-range'),
      ),
    ),
  },
  { description: 'How long a node is waited for.' },
);

export const backendSchema = Type.Object(
  {
    loadBalancing: Type.Optional(
      choice(
        ['LeastConnections', 'RoundRobin', 'Random'],
        'How a node is chosen for a client that no persistence key leads. LeastConnections: fewest running requests and WebSockets, over all worker threads. RoundRobin: in turn. Random: the better of two drawn.',
      ),
    ),
    tls: Type.Optional(backendTls),
    timeouts: Type.Optional(timeouts),
    slowStart: Type.Optional(slowStartSchema),
    healthCheck: Type.Optional(healthCheckSchema),
    outlierEjection: Type.Optional(outlierEjectionSchema),
    retries: Type.Optional(retriesSchema),
    connectionReuse: Type.Optional(connectionReuseSchema),
    maxConnectionsPerEndpoint: Type.Optional(maxConnectionsPerEndpointSchema),
    sourceAddresses: Type.Optional(sourceAddressesSchema),
  },
  { description: 'How the Mattermost nodes are chosen and reached.' },
);
