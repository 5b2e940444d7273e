// Random requests as a client would write them, with every trick that was ever played on a proxy.
import fc from 'fast-check';
import type { Asked } from './reference.ts';
import { HOST, ID, OTHER_ID, SECRET_TEXTS } from './words.ts';

const pick = fc.constantFrom;
/** One of the trusted networks. */
const PROXY = '172.16.0.1';

type Line = readonly [name: string, value: string];
type Lines = readonly Line[];

/** A line in any case; now and then twice, or with blanks around. */
function line(name: string, ...values: readonly string[]): fc.Arbitrary<Lines> {
  const spelt = pick(name, name.toLowerCase(), name.toUpperCase());
  const one = fc.tuple(
    spelt,
    pick(...values).chain((value) => pick(value, value, value, `\t${value} `)),
  );
  return fc.oneof(
    { weight: 9, arbitrary: one.map((each): Lines => [each]) },
    { weight: 1, arbitrary: fc.tuple(one, one) },
  );
}

const goodPair = pick(`MMAUTHTOKEN=${ID}`, `MMUSERID=${ID}`, `MMUSERID=${OTHER_ID}`, 'sid=x');
const oddPair = pick(
  `MMAUTHTOKEN="${ID}"`,
  `MMAUTHTOKEN =${ID}`,
  `mmauthtoken=${ID}`,
  `MMAUTHTOKEN=%61${ID.slice(1)}`,
  `MMUSERID=${ID}x`,
  `MMUSERID=${ID.toUpperCase()}`,
  `=MMUSERID=${ID}`,
  'MMUSERID=',
  'MMUSERID',
  'sid=',
  'sid="x"',
  '$Version=1',
  '',
  'a=1,sid=2',
  'MMSTICKY=token',
  'MMSTICKY =token',
  'mmsticky=token',
  'x=MMSTICKY=token',
);
const cookiePair = fc.oneof({ weight: 2, arbitrary: goodPair }, { weight: 1, arbitrary: oddPair });
const copies = fc
  .tuple(fc.integer({ min: 3, max: 6 }), goodPair, cookiePair)
  .map(([count, pair, last]) => [...Array<string>(count).fill(pair), last]);
const pairs = fc.oneof(
  { weight: 5, arbitrary: fc.array(cookiePair, { maxLength: 7 }) },
  { weight: 1, arbitrary: copies },
);
const cookieLine = fc.tuple(pairs, pick('; ', ';', ' ;\t')).map(([each, separator]) => each.join(separator));

function handshakeLines(connection: string, upgrade: string, version: string, key: string): Lines {
  return [
    ['Connection', connection],
    ['Upgrade', upgrade],
    ['Sec-WebSocket-Version', version],
    ['Sec-WebSocket-Key', key],
  ];
}

const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';
const handshake = fc
  .tuple(
    pick('Upgrade', 'upgrade', 'keep-alive, Upgrade', 'close', 'Upgrade, X-App'),
    pick('websocket', 'websocket', 'WebSocket', 'h2c', 'websocket, h2c', 'websockets'),
    pick('13', '13', '13', '8'),
    pick(KEY, KEY, 'short=='),
  )
  .map((parts) => handshakeLines(...parts));

/** Groups of lines that a parser lets pass, most of the time. */
const usualLines = fc.oneof(
  ...weighed(4, [
    line('X-Mattermost-Preauth-Secret', ...SECRET_TEXTS, `${SECRET_TEXTS[0]}, x`, '', 'wrong'),
    cookieLine.map((value): Lines => [['Cookie', value]]),
    fc.constant(handshakeLines('Upgrade', 'websocket', '13', KEY)),
  ]),
  ...weighed(3, [
    line('X-App', 'mobile', 'Mobile/1.2', 'a mobile app', '', '0'),
    line('Authorization', `Bearer ${ID}`, `BEARER ${ID}`, `bearer  ${ID}`, `Basic ${ID}`, `Bearer ${ID}x`),
    line('X-Forwarded-For', '203.0.113.9', '10.1.2.3', '10.1.2.3, 172.16.0.2', '203.0.113.9, 192.0.2.7:99'),
  ]),
  ...weighed(2, [line('Connection', 'X-App', 'close', 'X-Team-Secret, X-Version', 'x-app, x-version')]),
  ...weighed(1, [
    line('X-Team-Secret', ...SECRET_TEXTS, ''),
    line('X-Version', '1.2', '1.2.3', 'le', 'mob'),
    line(
      'X-Forwarded-For',
      '192.0.2.7, unknown',
      '[2001:db8::9]:1',
      '010.1.2.3',
      '::ffff:10.1.2.3',
      '10.1.2.3,',
      '',
    ),
    line('X-Forwarded-Proto', 'https', 'https', 'http', 'HTTPS', 'https, http'),
    line('X-Real-IP', '10.1.2.3'),
    handshake,
  ]),
);

/** Lines that should end a request before anybody thinks about it. */
const fatalLines = fc.oneof(
  fc.tuple(cookieLine, cookieLine).map(
    ([a, b]): Lines => [
      ['Cookie', a],
      ['cookie', b],
    ],
  ),
  line('Connection', 'x-mattermost-preauth-secret', 'cookie', 'x-forwarded-for'),
  line('X_Forwarded_For', '10.1.2.3'),
  line('Content-Length', '0', '5', '+5'),
  line('Transfer-Encoding', 'chunked', 'identity'),
  line('X-Mattermost-Preauth-Secret ', ...SECRET_TEXTS),
  line('Upgrade', 'websocket'),
  fc.constant<Lines>([
    ['Authorization', 'Basic x'],
    ['authorization', `Bearer ${ID}`],
  ]),
);

function weighed<Value>(weight: number, arbitraries: readonly fc.Arbitrary<Value>[]) {
  return arbitraries.map((arbitrary) => ({ weight, arbitrary }));
}

const PLAIN = [
  '/ /api/v4/users /api/v4/notifications/ack /login/desktop /static/a.js /oauth/gitlab/complete',
  '/api/v4/websocket /api/v4/websocket?connection_id= /api/v4/users/websocket/ /plugins/x /x/login',
  '/api/v4/%77ebsocket //api/v4/websocket /static/. /login/x/..',
  '/st%2561tic/a.js /api/v4/%2577ebsocket /static;x /x;/../plugins /oauth/gitlab/complete;x=y /Static',
];
const PIECES = [
  '/static /static/ /api /v4 /notifications /ack /oauth /gitlab /complete /login /desktop /plugins /websocket',
  '/users /chat /.. /. // %2f %2e%2e /%2e%2e %5c \\ ;x /..; %3b %25 %252e %00 %zz %c0%af /Static API %61 x ?a=/static',
];
const plainPath = pick(...PLAIN.join(' ').split(' '));
const piece = pick(...PIECES.join(' ').split(' '));
const tail = fc.oneof(
  { weight: 3, arbitrary: plainPath },
  { weight: 1, arbitrary: fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: fc.tuple(plainPath, piece).map(([path, more]) => path + more) },
);
const target = fc
  .tuple(pick('', '', '', '', '/chat'), tail)
  .map((parts) => parts.join(''))
  .map((text) => (text.startsWith('/') ? text : `/${text}`));

/** Anything a client might send, as written. */
export const anyRequest: fc.Arbitrary<Asked> = fc
  .record({
    method: pick(...'GET GET GET GET GET POST POST HEAD PUT get'.split(' ')),
    target,
    usual: fc.uniqueArray(usualLines, { maxLength: 6, selector: ([first]) => first?.[0].toLowerCase() }),
    fatal: fc.oneof({ weight: 8, arbitrary: fc.constant<Lines>([]) }, { weight: 1, arbitrary: fatalLines }),
    isFatalFirst: fc.boolean(),
    peer: pick(
      '203.0.113.9',
      '203.0.113.9',
      '10.1.2.3',
      '192.0.2.7',
      '2001:db8::1',
      '::ffff:10.1.2.3',
      PROXY,
    ),
    isTls: fc.boolean(),
  })
  .map(({ usual, fatal, isFatalFirst, ...more }) => {
    const lines = isFatalFirst ? [...fatal, ...usual.flat()] : [...usual.flat(), ...fatal];
    return { ...more, lines: [['Host', HOST] as const, ...lines], isTrusted: more.peer === PROXY };
  });

const bearer = line('Authorization', `Bearer ${ID}`, `BEARER ${ID}`, `Bearer ${ID}x`);
const socketTarget = fc.oneof(
  {
    weight: 3,
    arbitrary: pick('/api/v4/websocket', '/api/v4/websocket?connection_id=', '/api/v5/websocket/'),
  },
  {
    weight: 1,
    arbitrary: pick(
      ...'/api/v4/users/websocket /api/v4/%77ebsocket /API/v4/websocket /api/v4/websocket/..'.split(' '),
      ...'/api/v4//websocket /api/v4/websocket;x /api/v4/%2577ebsocket /x/api/v4/websocket'.split(' '),
    ),
  },
);
const good = fc.constant(handshakeLines('Upgrade', 'websocket', '13', KEY));

/** A WebSocket from somewhere, with what shows that somebody is signed in, or looks like it. */
export const webSocketRequest: fc.Arbitrary<Asked> = fc
  .record({
    target: socketTarget,
    proof: fc.oneof(
      cookieLine.map((value): Lines => [['Cookie', value]]),
      bearer,
    ),
    upgrade: fc.oneof({ weight: 5, arbitrary: good }, { weight: 1, arbitrary: handshake }),
    more: fc.oneof({ weight: 3, arbitrary: fc.constant<Lines>([]) }, { weight: 1, arbitrary: usualLines }),
    isTls: fc.boolean(),
  })
  .map(({ target, proof, upgrade, more, isTls }) => ({
    method: 'GET',
    target,
    lines: [['Host', HOST] as const, ...upgrade, ...proof, ...more],
    peer: '203.0.113.9',
    isTrusted: false,
    isTls,
  }));
