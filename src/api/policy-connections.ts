// spec.backend.retries, connectionReuse, maxConnectionsPerEndpoint and sourceAddresses of a policy: connections to the nodes.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { list, text } from './schema-node.ts';
import { duration } from './text-forms.ts';

export const retriesSchema = Type.Object(
  {
    attempts: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10,
        description:
          'Further attempts after the first one, in all. 0: none. When they are used up the client gets 502 or 504.',
      }),
    ),
  },
  {
    description:
      'When a request is sent again, unnoticed by its client. A node that refuses the connection, cannot be reached or does not answer in time to connect has got nothing: the request goes to the next node, whatever its method. A connection used before that ends without a byte of an answer: once more on a fresh one, GET, HEAD, OPTIONS, PUT and DELETE without a body only; the same on any connection to a node that is terminating, then to the next node. After a byte of an answer: never.',
  },
);

export const connectionReuseSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description:
          'False: every request gets a connection of its own, which costs time and, on a busy site, ports.',
      }),
    ),
    maxIdlePerEndpoint: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description:
          'Idle connections that each worker thread keeps to one node. Over it the one that was idle longest is closed.',
      }),
    ),
    idleTimeout: Type.Optional(
      text(
        duration,
        'How long a connection may be idle before it is closed. Keep it under the 60s after which Mattermost closes idle connections, so that none ends at the moment a request is sent on it.',
        rules('reuse-idle-timeout-range'),
      ),
    ),
    maxRequests: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Requests that one connection serves; then it is closed.',
      }),
    ),
  },
  {
    description:
      'Whether a connection to a node serves one request after the other, of any client. The one used last is taken first, so that those a quiet hour needs no more grow old. WebSockets always get a connection of their own.',
  },
);

export const sourceAddressesSchema = list(
  Type.String({
    description: 'A network, for example 192.0.2.64/28; /32 or /128 for a single address.',
    minLength: 1,
    maxLength: 43,
    ...rules('cidr-canonical'),
  }),
  {
    description:
      'Networks of the addresses that connections to the nodes come from (SNAT pool). Each replica uses those of its own interface addresses that lie in them, in turn, and for each node those of its family. One that cannot be used rests for 30s, one without a free port for 1s. When none is left the request gets 503. Absent: the system chooses.',
    type: 'set',
    maxItems: 32,
  },
);

export const maxConnectionsPerEndpointSchema = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description:
    'Requests and WebSockets that one node has at a time from this replica, over all its worker threads. 0: no limit. A node that is full is passed over, cookies notwithstanding; when all are full the request gets 503 with Retry-After. Idle connections are not counted.',
});
