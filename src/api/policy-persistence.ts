// spec.sessionPersistence of a policy: how a client is kept on one Mattermost node. Names of GEP-1619 where they exist.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { choice, list, text } from './schema-node.ts';
import { duration, ownCookieName, sitePath } from './text-forms.ts';

const cookie = Type.Object(
  {
    name: Type.Optional(
      text(ownCookieName, 'Name of the cookie. It is removed before a request is forwarded.'),
    ),
    path: Type.Optional(text(sitePath, 'Path attribute of the cookie.')),
    lifetimeType: Type.Optional(
      choice(['Session', 'Permanent'], 'Session: until the browser ends. Permanent: for absoluteTimeout.'),
    ),
    sameSite: Type.Optional(
      choice(
        ['Lax', 'Strict', 'None'],
        'SameSite attribute. None is for Mattermost embedded in other sites, and works over https only.',
      ),
    ),
  },
  { description: 'The cookie that names the node. Always HttpOnly, Secure over https.' },
);

const sourceAddress = Type.Object(
  {
    ipv4PrefixLength: Type.Optional(
      Type.Integer({ description: 'Leading bits of an IPv4 address that count.', minimum: 8, maximum: 32 }),
    ),
    ipv6PrefixLength: Type.Optional(
      Type.Integer({ description: 'Leading bits of an IPv6 address that count.', minimum: 16, maximum: 128 }),
    ),
  },
  {
    description:
      'How much of the client address makes the key: all clients of one network go to one node, within its share of the load.',
  },
);

const drain = Type.Object(
  {
    mode: Type.Optional(
      choice(
        ['Fenced', 'Immediate'],
        'Fenced: a node that is terminating still answers the requests of those whose cookie names it, until it refuses or timeout has passed. Immediate: nobody is sent there any more.',
      ),
    ),
    timeout: Type.Optional(
      text(
        duration,
        'Longest time for which a terminating node is used; all its WebSockets are closed by then.',
        rules('drain-timeout-range'),
      ),
    ),
  },
  {
    description:
      'What becomes of the clients of a node that is terminating, while another one is ready. New clients and new WebSockets go elsewhere at once; its WebSockets are closed (1012) from the start, at the pace of websocket.reconnects.',
  },
);

export const sessionPersistenceSchema = Type.Object(
  {
    type: Type.Optional(
      choice(
        ['Cookie', 'SourceAddress', 'None'],
        'Cookie: by a cookie, else by the keys of fallback. SourceAddress: by the client address, without cookie. None: each request goes where loadBalancing says.',
      ),
    ),
    cookie: Type.Optional(cookie),
    absoluteTimeout: Type.Optional(
      text(
        duration,
        'Lifetime of a Permanent cookie, sent as Max-Age in whole seconds.',
        rules('absolute-timeout-range'),
      ),
    ),
    fallback: Type.Optional(
      list(
        choice(
          ['UserIdentity', 'SourceAddress'],
          'UserIdentity: the MMUSERID cookie, else the token of Authorization. SourceAddress: the client address.',
        ),
        {
          description:
            'Keys tried in this order when no valid cookie came. When none is there, loadBalancing decides.',
          type: 'atomic',
          maxItems: 2,
          ...rules('fallback-unique'),
        },
      ),
    ),
    sourceAddress: Type.Optional(sourceAddress),
    drain: Type.Optional(drain),
  },
  {
    description:
      'How a client is kept on one Mattermost node. The node is computed, not stored: every replica leads a client to the same one.',
    ...rules('persistence-cookie-fields', 'persistence-source-fields', 'persistence-absolute-timeout'),
  },
);
