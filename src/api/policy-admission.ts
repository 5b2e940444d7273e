// spec.admission of a policy: who may come in. First match wins; what is not understood is refused, never open.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { sourceCidr } from './policy-source.ts';
import { choice, list, namedList, numberChoice, text } from './schema-node.ts';
import { cookieName, duration, headerName, headerText, labelName, objectName } from './text-forms.ts';

const ACTIONS = ['Allow', 'Deny', 'Reset'] as const;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const pathCondition = Type.Object(
  {
    type: choice(
      ['Exact', 'Prefix', 'Pattern'],
      'Exact: this path only. Prefix: this path and all below it, by whole segments. Pattern: * stands for one segment of letters, digits, hyphens and underscores.',
    ),
    value: Type.String({
      description: 'The path as the client sends it, with route.path in front, without query.',
      minLength: 1,
      maxLength: 256,
    }),
  },
  {
    description:
      'One path condition. On a host with path conditions a request whose path can be read in several ways is answered with 400.',
    ...rules('path-syntax', 'path-dot-segments', 'path-lower-case'),
  },
);

const headerCondition = Type.Object(
  {
    name: text(
      headerName,
      'Name of the header, in any case. The condition holds only for exactly one non-empty line of that name.',
    ),
    secretRef: Type.Optional(
      Type.Object(
        { name: text(objectName, 'Name of the Secret.') },
        {
          description:
            'A Secret in the namespace of the policy; the value of each of its keys is accepted, so that two can overlap while one is replaced. White space around a value is ignored, values under 16 bytes are left out and reported. The header is always removed before forwarding, whichever rule matched. A missing Secret makes the rule match nobody and turns ResolvedRefs False.',
        },
      ),
    ),
    type: Type.Optional(
      choice(
        ['Exact', 'Prefix', 'Contains', 'Present'],
        'How the header is compared with values, case-sensitive. Present: any value will do. Not with secretRef.',
      ),
    ),
    values: Type.Optional(
      list(
        text(
          headerText,
          'An accepted value. Whoever may read policies can read it: keep secrets in a Secret.',
        ),
        {
          description: 'Any one of these must agree. Not with secretRef.',
          type: 'set',
          maxItems: 16,
        },
      ),
    ),
  },
  { description: 'One header condition.', ...rules('header-secret-alone', 'header-values') },
);

const cookieCondition = Type.Object(
  {
    name: text(cookieName, 'Name of the cookie, case-sensitive.'),
    shape: Type.Optional(
      choice(
        ['MattermostID', 'Any'],
        'MattermostID: 26 characters of a to z and 0 to 9, as the tokens and user ids of Mattermost. Any: any value that is not empty. Up to four copies of a cookie are tolerated, and every one must have the shape.',
      ),
    ),
  },
  { description: 'One cookie condition. It believes the shape of the cookie: anybody can forge that.' },
);

const conditions = {
  sourceCIDRs: Type.Optional(
    list(sourceCidr, {
      description:
        'Networks of the client, any of which matches. The address is that of the connection, or what PROXY protocol or a trusted proxy says.',
      type: 'set',
      maxItems: 256,
    }),
  ),
  paths: Type.Optional(
    list(pathCondition, { description: 'Paths, any of which matches.', type: 'atomic', maxItems: 32 }),
  ),
  methods: Type.Optional(
    list(choice(METHODS, 'A method. GET does not include HEAD.'), {
      description: 'Methods, any of which matches. Absent: all.',
      type: 'set',
      maxItems: 7,
    }),
  ),
  headers: Type.Optional(
    namedList(headerCondition, {
      description: 'Headers, all of which must match.',
      maxItems: 8,
      ...rules('header-names-unique'),
    }),
  ),
  request: Type.Optional(
    choice(
      ['WebSocket', 'HTTP'],
      "Kind of request. WebSocket: a valid handshake for Mattermost's WebSocket path below route.path, or for a path of this rule. A handshake let in on the shape of a cookie or bearer token alone must be answered with 101, anything else becomes 403. Absent: both kinds.",
    ),
  ),
  cookies: Type.Optional(
    namedList(cookieCondition, { description: 'Cookies, all of which must be there.', maxItems: 8 }),
  ),
  bearerToken: Type.Optional(
    Type.Unsafe<true>({
      type: 'boolean',
      description:
        'The request carries Authorization: Bearer with 26 characters of a to z and 0 to 9, the scheme in any case. It believes the shape of the token: anybody can forge that. Only true; leave it out otherwise.',
      enum: [true],
    }),
  ),
  clientCertificate: Type.Optional(
    Type.Unsafe<true>({
      type: 'boolean',
      description:
        'The client has shown a certificate that client.clientCertificate believes. Only true; leave it out otherwise.',
      enum: [true],
    }),
  ),
};

const verifySession = Type.Object(
  {
    cacheTTL: Type.Optional(
      text(
        duration,
        'How long a session that was found valid is believed without asking again; whoever signs out gets in for so long. Refused ones are asked about again after at most 10 s.',
        rules('cache-ttl-range'),
      ),
    ),
    onError: Type.Optional(
      choice(
        ['Deny', 'Allow'],
        'What it means that Mattermost does not answer within 5 s, or with anything but 200, 401 and 403. Deny: the rule does not match. Allow: the shape is believed.',
      ),
    ),
  },
  {
    description:
      "Ask Mattermost instead of believing the shape of a cookie or token: GET api/v4/users/me below the site's path, with the cookies and Authorization of the request. The rule matches only if the answer is 200. Each answer counts for all requests with the same credentials; at most 32 questions a worker are under way at a time.",
  },
);

const rule = Type.Object(
  {
    name: text(labelName, 'Name of the rule in logs and metrics.', rules('rule-name-reserved')),
    ...conditions,
    verifySession: Type.Optional(verifySession),
    action: choice(
      ACTIONS,
      'What happens to a request that matches. Deny answers as admission.deny says. Reset breaks the connection: TCP RST, RST_STREAM over HTTP/2, an empty 403 towards a trusted proxy.',
    ),
  },
  {
    description: 'A rule. All of its conditions must hold.',
    ...rules('rule-has-condition', 'refusal-conditions', 'allow-needs-proof', 'verify-session-credentials'),
  },
);

const deny = Type.Object(
  {
    status: Type.Optional(
      numberChoice(
        [403, 404, 429],
        "Status of the answer. Mattermost's apps ask for the pre-authentication secret at 403 only.",
      ),
    ),
    rejectReason: Type.Optional(
      choice(
        ['PreAuth', 'None'],
        "PreAuth adds the header x-reject-reason: pre-auth, at which Mattermost's apps ask for the pre-authentication secret.",
      ),
    ),
  },
  { description: 'How a denied request is answered: no-store, with a JSON body below /api/.' },
);

export const admissionSchema = Type.Object(
  {
    mode: Type.Optional(
      choice(
        ['Enforce', 'Observe'],
        'Observe suspends the admission verdict only: it is decided, counted and logged, and the request goes on. Malformed requests, limits and invalid policies are refused all the same.',
      ),
    ),
    rules: Type.Optional(
      list(rule, {
        description: 'Rules in order; the first that matches decides.',
        type: 'atomic',
        maxItems: 32,
        ...rules('rule-names-unique'),
      }),
    ),
    defaultAction: choice(
      ACTIONS,
      'What happens to a request that no rule matches. Allow without rules is an open site.',
    ),
    deny: Type.Optional(deny),
    forwardSecretHeaders: Type.Optional(
      Type.Boolean({
        description:
          'Whether headers named by a secretRef reach Mattermost. Leave it false unless something behind it needs them.',
      }),
    ),
  },
  { description: 'Who may come in. An open site says so with defaultAction: Allow.' },
);
