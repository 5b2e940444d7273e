// Every combination of spelling, number, place and nomination: no secret and no cookie of ours is ever forwarded.
import { expect, test } from 'vitest';
import { decide } from '../../src/decide/decide.ts';
import { forwardedRequestFields } from '../../src/decide/headers.ts';
import type { Asked } from './reference.ts';
import { clientOf, DECIDE_SETTINGS, parse, serve } from './serving.ts';
import { HOST, SECRET_TEXTS } from './words.ts';

const SECRET_HEADER = 'X-Team-Secret';
const SECRET = SECRET_TEXTS[2] ?? '';
const TOKEN = 'a-token-of-our-cookie';

/** Any of these requests is forwarded: everybody may come in, and the secret only says by which rule. */
const serving = serve({
  route: { hosts: [HOST], service: { name: 'mattermost', port: 8065 } },
  admission: {
    rules: [
      { name: 'app', headers: [{ name: SECRET_HEADER, secretRef: { name: 'team' } }], action: 'Allow' },
    ],
    defaultAction: 'Allow',
  },
});

type Line = readonly [name: string, value: string];

const SECRET_LINES: readonly (readonly Line[])[] = [
  'X-Team-Secret',
  'x-team-secret',
  'X-TEAM-SECRET',
  'x-Team-sECRET',
].flatMap((name) => [
  [[name, SECRET]],
  [[name, ` \t${SECRET} `]],
  [
    [name, SECRET],
    [name.toLowerCase(), SECRET],
  ],
  [
    [name, ''],
    [name, SECRET],
  ],
  [[name, `${SECRET}, ${SECRET}`]],
]);
const CONNECTIONS: readonly (readonly Line[])[] = [
  [],
  [['Connection', 'close']],
  [['Connection', 'X-Team-Secret']],
  [
    ['Connection', 'x-other'],
    ['Connection', 'x-team-secret, close'],
  ],
];
const COOKIES: readonly (readonly Line[])[] = [
  [],
  ...[
    `MMSTICKY=${TOKEN}`,
    `a=1; MMSTICKY=${TOKEN}`,
    `MMSTICKY=${TOKEN};a=1`,
    `a=1;\tMMSTICKY =\t${TOKEN} ;b=2`,
  ].map((value): readonly Line[] => [['Cookie', value]]),
  ...[`MMSTICKY=${TOKEN}; MMSTICKY=${TOKEN}; a=1`, `a="; MMSTICKY=${TOKEN}"`, `;;MMSTICKY=${TOKEN};`].map(
    (value): readonly Line[] => [['cOOkie', value]],
  ),
];
const HANDSHAKES: readonly (readonly Line[])[] = [
  [],
  [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ],
];

/** Every choice of one from each list. */
function combinations(...lists: readonly (readonly (readonly Line[])[])[]): readonly (readonly Line[])[] {
  const start: readonly (readonly Line[])[] = [[['Host', HOST]]];
  return lists.reduce(
    (written, list) => written.flatMap((lines) => list.map((more) => [...lines, ...more])),
    start,
  );
}

const REQUESTS = combinations(SECRET_LINES, CONNECTIONS, COOKIES, HANDSHAKES)
  .flatMap((lines) => [lines, lines.toReversed()])
  .map((lines): Asked => {
    const target = '/api/v4/websocket';
    return { method: 'GET', target, lines, peer: '203.0.113.9', isTrusted: false, isTls: false };
  });

test('no combination lets them through', () => {
  const leaks: string[] = [];
  for (const asked of REQUESTS) {
    const head = parse(asked);
    const decision = head && decide(serving, head, clientOf(asked, serving), DECIDE_SETTINGS);
    if (head === undefined || decision?.kind !== 'forward')
      throw new Error(`Not forwarded: ${JSON.stringify(asked)}`);
    const fields = forwardedRequestFields(head, {
      context: decision.context,
      droppedFields: decision.target.site.droppedFields,
      cookieName: decision.target.site.open?.persistence.cookieName ?? '',
      requestId: 'id-1',
    });
    const text = fields.join('\n');
    if (text.includes(SECRET) || /x-team-secret/i.test(text) || text.includes(TOKEN)) leaks.push(text);
  }
  expect(leaks).toEqual([]);
  expect(REQUESTS.length).toBe(20 * 4 * 8 * 2 * 2);
});
