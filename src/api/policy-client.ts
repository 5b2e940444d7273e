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

export const webSocketSchema = Type.Object(
  {
    idleTimeout: Type.Optional(
      text(
        duration,
        'Longest silence of both sides of a WebSocket; then it is closed.',
        rules('idle-timeout-minimum', 'idle-timeout-maximum'),
      ),
    ),
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
