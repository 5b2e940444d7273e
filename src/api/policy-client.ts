// spec.client, websocket, limits and accessLog of a policy: what concerns the client side of the site.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { sourceCidr } from './policy-source.ts';
import { choice, list, text } from './schema-node.ts';
import { duration, objectName, size } from './text-forms.ts';

const clientCertificate = Type.Object(
  {
    mode: choice(
      ['Disabled', 'Optional', 'Require'],
      'Disabled: none is asked for. Optional: one is asked for, and rules may look at it with clientCertificate: true. Require: requests without one are answered with 403 before admission.',
    ),
    caRef: Type.Optional(
      Type.Object(
        {
          kind: choice(['Secret', 'ConfigMap'], 'Kind of the object.'),
          name: text(objectName, 'Name of the object, in the namespace of the policy.'),
        },
        {
          description:
            'A Secret or ConfigMap whose key ca.crt holds the authorities in PEM that have issued the certificates of clients themselves: intermediate ones belong into it, with their roots. A missing or broken one turns ResolvedRefs False, and no certificate is believed.',
        },
      ),
    ),
  },
  {
    description:
      'Certificates of clients, asked for in handshakes for this host alone. Only for hosts with TLS here: with Require a host without it answers 503, and what a proxy in front says of certificates is not believed. Revocation is not looked at: from an object that lists revoked certificates in ca.crl no authority is taken.',
    ...rules('client-certificate-ca'),
  },
);

const hsts = Type.Object(
  {
    maxAge: Type.Optional(
      text(
        duration,
        'How long a browser that was here once uses https only, whatever is typed. 0s takes it back at the next visit. No days: 4320h is half a year.',
        rules('hsts-max-age-range'),
      ),
    ),
    includeSubDomains: Type.Optional(
      Type.Boolean({
        description: 'Whether that holds for all hosts below this one too, wherever they are.',
      }),
    ),
  },
  {
    description:
      'Strict-Transport-Security on each answer over https, in place of what Mattermost says; only for hosts with TLS. Absent: no such header from here. A browser keeps to it even when the certificate is broken or TLS is taken away, so begin with a short maxAge.',
  },
);

const timeouts = Type.Object(
  {
    requestHead: Type.Optional(
      text(
        duration,
        'For the head of a request from its first byte, from the second request of a connection on; then 408. The first one comes before its host is known: for it --request-head-timeout counts.',
        rules('client-timeout-range'),
      ),
    ),
    requestBodyIdle: Type.Optional(
      text(duration, 'Longest silence within a request body; then 408.', rules('client-timeout-range')),
    ),
    keepAlive: Type.Optional(
      text(
        duration,
        'How long a connection stays open for another request after one to this site. Load balancers in front must close theirs sooner.',
        rules('client-timeout-range'),
      ),
    ),
  },
  {
    description:
      'How long a client is waited for in requests to this site, in place of the options of the controller.',
  },
);

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
          hsts: Type.Optional(hsts),
        },
        { description: 'TLS of the clients.' },
      ),
    ),
    clientCertificate: Type.Optional(clientCertificate),
    timeouts: Type.Optional(timeouts),
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
    maxPerSource: Type.Optional(
      Type.Integer({
        description:
          'WebSockets that may be open from one address at a time, counted as with limits; a further handshake is answered with 429. 0: any number. Each open tab and app has one.',
        minimum: 0,
        maximum: 100_000,
      }),
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
    requestsPerSecond: Type.Optional(
      Type.Integer({
        description:
          'Requests a second that one client address may send over all its connections, counted before redirects and admission; what comes faster is answered with 429 and Retry-After. An IPv6 address counts by its leading sessionPersistence.sourceAddress.ipv6PrefixLength bits. 0: any number. Each replica of the controller counts for itself.',
        minimum: 0,
        maximum: 10_000,
      }),
    ),
    burst: Type.Optional(
      Type.Integer({
        description:
          'Requests that may come at once beyond the first, before requestsPerSecond is what counts.',
        minimum: 0,
        maximum: 10_000,
      }),
    ),
    connectionsPerSource: Type.Optional(
      Type.Integer({
        description:
          'Connections of one client address that may be open at a time, WebSockets included; each counts from its first request. A request on a further one is answered with 429 and the connection closed. Connections of trusted proxies are not counted. 0: any number.',
        minimum: 0,
        maximum: 100_000,
      }),
    ),
    exemptCIDRs: Type.Optional(
      list(sourceCidr, {
        description:
          'Networks whose clients no limit by address holds for: offices behind one address, monitoring.',
        type: 'set',
        maxItems: 256,
      }),
    ),
  },
  { description: 'Limits of requests, and of what one client address may do.' },
);

export const accessLogSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ description: 'Whether each request of the site is logged as a line of JSON.' }),
    ),
  },
  { description: 'The access log.' },
);
