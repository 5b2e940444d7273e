// spec.client, websocket, limits and accessLog of a policy: what concerns the client side of the site.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { choice, text } from './schema-node.ts';
import { duration, size } from './text-forms.ts';

export const clientSchema = Type.Object(
  {
    tls: Type.Optional(
      Type.Object(
        {
          minVersion: Type.Optional(
            choice(
              ['1.1', '1.2', '1.3'],
              'Lowest version of TLS a client may use. 1.1 takes effect only on the listener opened by --legacy-https-port. A request over an older version is answered with 421. Write it in quotes.',
            ),
          ),
        },
        { description: 'TLS of the clients.' },
      ),
    ),
  },
  { description: 'What is demanded of clients, for each host.' },
);

const reconnects = Type.Object(
  {
    perSecond: Type.Optional(
      Type.Integer({
        description:
          'WebSockets closed in a second, over all worker threads of one replica: each client comes back after three seconds and may ask for everything anew.',
        minimum: 1,
        maximum: 10_000,
      }),
    ),
    maxSpread: Type.Optional(
      text(
        duration,
        'Longest time over which a mass close is spread: more WebSockets than fit into it at perSecond are closed faster.',
        rules('max-spread-range'),
      ),
    ),
  },
  {
    description:
      'Pace at which WebSockets are closed when many have to: a node that is terminating, removed or lost, a site that is removed, a policy that changed, an end of the controller.',
  },
);

export const webSocketSchema = Type.Object(
  {
    idleTimeout: Type.Optional(
      text(
        duration,
        'Longest silence of both sides of a WebSocket; then it is closed.',
        rules('idle-timeout-minimum', 'idle-timeout-maximum'),
      ),
    ),
    maxDuration: Type.Optional(
      text(
        duration,
        'Longest life of a WebSocket; then it is closed (1012) at the pace of reconnects, and its client comes back. 0s: no bound.',
        rules('max-duration-range'),
      ),
    ),
    onPolicyChange: Type.Optional(
      choice(
        ['Keep', 'Recheck'],
        'What a change of admission means for open WebSockets. Keep: nothing. Recheck: those that no rule admits any more are closed (1008) at the pace of reconnects; headers, cookies and tokens are not kept, so that a rule which asks for other ones than before no longer admits. A value that is taken out of the Secret of a secretRef closes those that showed it either way.',
      ),
    ),
    reconnects: Type.Optional(reconnects),
  },
  { description: 'Limits of WebSockets.' },
);

export const limitsSchema = Type.Object(
  {
    requestBody: Type.Optional(
      text(
        size,
        "Largest request body; a larger one is answered with 413. 0: no limit. The default is Mattermost's file limit of 100 MiB and its multipart frame.",
      ),
    ),
  },
  { description: 'Limits of requests.' },
);

export const accessLogSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ description: 'Whether each request of the site is logged as a line of JSON.' }),
    ),
  },
  { description: 'The access log.' },
);
