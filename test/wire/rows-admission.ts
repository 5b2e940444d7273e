// Rows A1 to A7, X4 and R10 of the security research: who comes in, what stays here, and what we say ourselves.
import { ID, NEXT_SECRET, SECRET } from './row-sites.ts';
import {
  answered,
  type ForwardedRequest,
  forwarded,
  head,
  refused,
  type RequestRow,
  served,
} from './rows.ts';
import { HANDSHAKE } from './tunnels.ts';

/** To the guarded site. */
function ask(path: string, ...fields: readonly string[]): string {
  return head(`GET ${path} HTTP/1.1`, 'Host: g', ...fields);
}

function came(path: string, ...fields: readonly string[]): ForwardedRequest {
  return { line: `GET ${path}`, fields: ['Host: g', ...fields], host: 'g' };
}

const GOOD = `X-Secret: ${SECRET}`;
const BAD = 'X-Secret: correct horse batterz';

const secrets: readonly RequestRow[] = [
  forwarded('A1 the secret once', ask('/', GOOD), came('/')),
  ...[
    { name: 'good and bad', fields: [GOOD, BAD] },
    { name: 'bad and good', fields: [BAD, GOOD] },
    { name: 'good and good', fields: [GOOD, GOOD] },
    { name: 'good and good in another case', fields: [GOOD, GOOD.replace('X-Secret', 'x-SECRET')] },
    { name: 'empty and good', fields: ['X-Secret:', GOOD] },
    { name: 'good twice in one line', fields: [`X-Secret: ${SECRET}, ${SECRET}`] },
    { name: 'good and a comma', fields: [`X-Secret: ${SECRET},`] },
    { name: 'good behind a comma', fields: [`X-Secret: , ${SECRET}`] },
  ].map(({ name, fields }) => answered(`A1 ${name}`, ask('/', ...fields), 403)),
  answered('A1 a plain header twice', ask('/header', 'X-App: mobile', 'x-app: mobile'), 403),
  forwarded('A1 a plain header once', ask('/header', 'X-App: mobile'), came('/header', 'X-App: mobile')),
  forwarded('A2 the other active secret', ask('/', `X-Secret: ${NEXT_SECRET}`), came('/')),
  forwarded('A2 with white space around', ask('/', `X-Secret:\t ${SECRET} \t`), came('/')),
  ...[
    '',
    'c',
    SECRET.slice(0, -1),
    `${SECRET}x`,
    `${SECRET} x`,
    `x${SECRET}`,
    SECRET.toUpperCase(),
    SECRET.replace(' ', '\t'),
    SECRET.replace(' ', '\xa0'),
    `${SECRET}\xa0`,
    `"${SECRET}"`,
    NEXT_SECRET.replace('=', ''),
    NEXT_SECRET.replace('c3', 'C3'),
    'x'.repeat(8000),
  ].map((value) => answered(`A2 ${JSON.stringify(value.slice(0, 30))}`, ask('/', `X-Secret: ${value}`), 403)),
  refused('A2 nominated as of this hop', ask('/', GOOD, 'Connection: X-Mattermost-Preauth-Secret')),
  answered('A2 nominated by its own name', ask('/', GOOD, 'Connection: x-secret'), 403),
  refused('A2 folded', ask('/', `X-Secret:\r\n ${SECRET}`)),
  refused('A2 with a space before the colon', ask('/', `X-Secret : ${SECRET}`)),
  answered('A2 under a name in disguise', ask('/', `X_Secret: ${SECRET}`), 403),
  answered('A2 in the query', ask(`/?X-Secret=${NEXT_SECRET}`), 403),
  refused(
    'A2 as a trailer',
    `${head('POST / HTTP/1.1', 'Host: g', 'Transfer-Encoding: chunked')}0\r\n${GOOD}\r\n\r\n`,
    403,
  ),
];

const COOKIE = `MMAUTHTOKEN=${ID}`;

const cookies: readonly RequestRow[] = [
  ...[
    COOKIE,
    `a=1; ${COOKIE}; b=2`,
    `a=1;${COOKIE};b`,
    `;; ${COOKIE} ;`,
    ` \tMMAUTHTOKEN =\t${ID} `,
    `$Version=1; ${COOKIE}; $Path=/`,
    `a="; ${COOKIE}`,
    `${COOKIE}; ${COOKIE}`,
  ].map((value) =>
    forwarded(
      `A3 ${JSON.stringify(value.replaceAll(ID, 'ID'))}`,
      ask('/cookie', `Cookie: ${value}`),
      came('/cookie', `Cookie: ${value.replace(/^[ \t]+|[ \t]+$/g, '')}`),
    ),
  ),
  ...[
    `MMAUTHTOKEN="${ID}"`,
    `a=1,${COOKIE}`,
    `a=1, ${COOKIE}`,
    `a=1 ${COOKIE}`,
    `MMAUTHTOKEN=%61${ID.slice(1)}`,
    `mmauthtoken=${ID}`,
    `MMAUTHTOKEN:${ID}`,
    `MMAUTHTOKEN==${ID}`,
    `MMAUTHTOKEN=${ID}x`,
    `MMAUTHTOKEN=${ID.slice(1)}`,
    `MMAUTHTOKEN=${ID.toUpperCase()}`,
    `MMAUTHTOKEN=${ID.slice(2)}\xe9\xe9`,
    'MMAUTHTOKEN=',
    'MMAUTHTOKEN',
    ID,
    `MMAUTHTOKEN\xa0=${ID}`,
    `MMAUTHTOKEN=\xa0${ID}`,
    `__proto__=1; constructor=${ID}`,
  ].map((value) =>
    answered(
      `A3 ${JSON.stringify(value.replaceAll(ID, 'ID'))} is none`,
      ask('/cookie', `Cookie: ${value}`),
      403,
    ),
  ),
  ...[
    `${COOKIE}; MMAUTHTOKEN=x`,
    `MMAUTHTOKEN=x; ${COOKIE}`,
    `${COOKIE}; MMAUTHTOKEN="${ID}"`,
    `${COOKIE}; MMAUTHTOKEN`.replace('; MMAUTHTOKEN', '; MMAUTHTOKEN='),
    Array<string>(5).fill(COOKIE).join('; '),
    `=${COOKIE}`,
  ].map((value) =>
    answered(`A4 ${JSON.stringify(value.replaceAll(ID, 'ID'))}`, ask('/cookie', `Cookie: ${value}`), 403),
  ),
  forwarded(
    'A4 four copies of one cookie',
    ask('/cookie', `Cookie: ${Array<string>(4).fill(COOKIE).join('; ')}`),
    came('/cookie', `Cookie: ${Array<string>(4).fill(COOKIE).join('; ')}`),
  ),
  refused('A4 two Cookie lines', ask('/cookie', `Cookie: ${COOKIE}`, 'cookie: a=1')),
  answered('A4 the cookie elsewhere', ask('/other', `Cookie: ${COOKIE}`), 403),
];

/** To the site with a cookie of ours, and what is left of the Cookie line. */
function cookieRow(value: string, left: string | undefined): RequestRow {
  const fields = ['Host: c', ...(left === undefined ? [] : [`Cookie: ${left}`])];
  return forwarded(`A6 ${JSON.stringify(value)}`, head('GET / HTTP/1.1', 'Host: c', `Cookie: ${value}`), {
    line: 'GET /',
    fields,
    host: 'c',
  });
}

const ownCookie: readonly RequestRow[] = [
  cookieRow('MMSTICKY=node-new', undefined),
  cookieRow('MMSTICKY=rubbish', undefined),
  cookieRow('a=1; MMSTICKY=node-new; b=2', 'a=1; b=2'),
  cookieRow('MMSTICKY=node-old;MMSTICKY=x;a=1', 'a=1'),
  cookieRow('a=1;\tMMSTICKY =\tnode-new ', 'a=1'),
  cookieRow('mmsticky=node-new', 'mmsticky=node-new'),
  cookieRow('a=MMSTICKY=x', 'a=MMSTICKY=x'),
];

const perRequest: readonly RequestRow[] = [
  served(
    'A7 each request of a connection is judged',
    ask('/1', GOOD) + ask('/2') + ask('/3', GOOD) + ask('/4', BAD),
    {
      requests: [came('/1'), came('/3')],
      statuses: [200, 403, 200, 403],
    },
  ),
  served('A7 of another site too', head('GET / HTTP/1.1', 'Host: a') + ask('/'), {
    requests: [{ line: 'GET /', fields: ['Host: a'] }],
    statuses: [200, 403],
  }),
  refused('A7 a denied WebSocket ends its connection', ask('/api/v4/websocket', ...HANDSHAKE), 403),
  refused(
    'A7 a denied WebSocket, whatever the path',
    ask('/cookie', ...HANDSHAKE, `Cookie: MMAUTHTOKEN=${ID}x`),
    403,
  ),
  refused('A7 a denied body', `${head('POST / HTTP/1.1', 'Host: g', 'Content-Length: 2')}hi`, 403),
  refused(
    'A7 a denied body that waits',
    `${head('POST / HTTP/1.1', 'Host: g', 'Content-Length: 2', 'Expect: 100-continue')}`,
    403,
  ),
];

const own: readonly RequestRow[] = [
  forwarded(
    'X4 the secret stays here, whatever its case and number',
    head('GET / HTTP/1.1', 'Host: s', GOOD, GOOD.toLowerCase(), 'X-SECRET: x', 'X: y'),
    { line: 'GET /', fields: ['Host: s', 'X: y'], host: 's' },
  ),
  answered(
    'R10 a redirect goes to the host of the site',
    head('GET /a%20b?c=%0d%0a&<> HTTP/1.1', 'Host: T.:80'),
    308,
    'Location: https://t/a%20b?c=%0d%0a&<>',
    'Content-Length: 0',
  ),
  answered(
    'R10 a redirect of an absolute target',
    head('GET http://t/x HTTP/1.1', 'Host: t'),
    308,
    'Location: https://t/x',
  ),
  answered(
    'R10 a redirect of two slashes',
    head('GET //evil/x HTTP/1.1', 'Host: t'),
    308,
    'Location: https://t//evil/x',
  ),
  refused('R10 a redirect of a WebSocket', head('GET / HTTP/1.1', 'Host: t', ...HANDSHAKE), 308),
  answered('R10 no word about a site of TLS', head('GET / HTTP/1.1', 'Host: n'), 404),
  answered(
    'R10 a request id that can be repeated',
    head('GET / HTTP/1.1', 'Host: b', 'X-Request-ID: a-good.one_1'),
    404,
    'X-Request-ID: a-good.one_1',
  ),
  ...['', 'two words', 'a\xe9', 'a,b', '<script>', 'x'.repeat(65)].map((id) =>
    answered(
      `R10 the request id ${JSON.stringify(id.slice(0, 12))} is not repeated`,
      head('GET / HTTP/1.1', 'Host: b', `X-Request-ID: ${id}`),
      404,
      'X-Request-ID: test-request',
    ),
  ),
  forwarded('R10 a request id goes on', head('GET / HTTP/1.1', 'Host: a', 'x-request-id: a-good.one_1'), {
    line: 'GET /',
    fields: ['Host: a'],
    requestId: 'a-good.one_1',
  }),
  forwarded(
    'F4 R10 only white space is no part of a hop',
    head('GET / HTTP/1.1', 'Host: a', 'Via: 1.0 x\xa0 ,\t1.1 \xa0y'),
    {
      line: 'GET /',
      fields: ['Host: a'],
      via: '1.0 x\xa0, 1.1 \xa0y',
    },
  ),
  forwarded(
    'R10 Via goes on with ours behind it',
    head('GET / HTTP/1.1', 'Host: a', 'Via: 1.0 x , 1.1 y:80 (z)', 'via: 2 z'),
    { line: 'GET /', fields: ['Host: a'], via: '1.0 x, 1.1 y:80 (z), 2 z' },
  ),
];

/** Rows A1 to A4, A6, A7, X4 and R10. */
export const admissionRows: readonly RequestRow[] = [
  ...secrets,
  ...cookies,
  ...ownCookie,
  ...perRequest,
  ...own,
];
