// Rows K1 to K5 of the security research: one path, and all the ways in which somebody else might read it.
import { answered, forwarded, head, refused, type RequestRow } from './rows.ts';

/** To the site that serves /login, /api and what is below it, and /oauth/NAME/complete. */
function ask(target: string): string {
  return head(`GET ${target} HTTP/1.1`, 'Host: k');
}

type RowMaker = (target: string) => RequestRow;

const admitted =
  (id: string): RowMaker =>
  (target) =>
    forwarded(`${id} ${target}`, ask(target), { line: `GET ${target}`, fields: ['Host: k'], host: 'k' });

const denied =
  (id: string): RowMaker =>
  (target) =>
    answered(`${id} ${target} is not admitted`, ask(target), 403);

const doubtful =
  (id: string): RowMaker =>
  (target) =>
    refused(`${id} ${target} is in doubt`, ask(target));

/** To the site without rules about paths. */
const untouched: RowMaker = (target) =>
  forwarded(`K1 ${target}`, head(`GET ${target} HTTP/1.1`, 'Host: a'), {
    line: `GET ${target}`,
    fields: ['Host: a'],
  });

const broken: RowMaker = (target) =>
  refused(`K3 ${target} where no rule asks for a path`, head(`GET ${target} HTTP/1.1`, 'Host: a'));

const groups: readonly (readonly [RowMaker, string])[] = [
  [
    untouched,
    '/a%2fb /a%5cb /%2e%2e/x /../x /./x // /a//b /a\\b /a;b=c /%3b /a%25b /%7E /%7e /A /a?%zz /a?%00',
  ],
  // Slashes in disguise.
  [doubtful('K2'), '/api%2fx /api/..%2flogin /x/..%2fapi /%2fapi /x%2f..%2fapi'],
  [doubtful('K2'), '/api\\x /x\\..\\api /api%5cx /x%5c..%5capi'],
  // Dots.
  [doubtful('K2'), '/x/../api /api/../x /api/.. /x/./../api/ /x/%2e%2e/api /x/.%2e/api /api/%2E%2E'],
  [doubtful('K2'), '/login/. /login/x/.. /oauth/x/../gitlab/complete'],
  // Slashes that some merge.
  [doubtful('K2'), '//api //login /x//../api /oauth//gitlab/complete'],
  [denied('K2'), '/login/ /login// /oauth//complete /%2e%2e/api/../x'],
  // Letters in disguise, once and twice.
  [doubtful('K2'), '/%61pi /a%70i/x /%2561pi /log%69n /%6fauth/x/complete'],
  [doubtful('K2'), '/API /Api/x /LOGIN /OAuth/gitlab/complete'],
  // Parameters that some cut off.
  [doubtful('K2'), '/api;x /login;x /login;jsessionid=1 /x;/../api /api/..;/x /;x/api'],
  // However these are read, they are no such place, or the same one.
  [denied('K2'), '/x/%3bapi /x/%2561pi /x;y/z /x//y /X /x%2fy'],
  [admitted('K2'), '/api/a%20b /api/%C3%A9 /api/a;b /api/A /api//x /api/./x /api/x/../y'],
  [
    doubtful('K3'),
    '/%zz /% /%4 /api/% /api/%u0041 /%c0%af /%c0%ae/ /%e0%80%af /%ff /%00 /%0a /%0D /%1f /%7f',
  ],
  [doubtful('K3'), '/api/%2500 /api/%250d%250a'],
  [broken, '/%zz /%u0041 /%c0%af /%00 /%0d%0a /a%'],
  [admitted('K4'), '/api /api/ /api/x /login /oauth/gitlab/complete /oauth/a-b_c/complete'],
  [
    denied('K4'),
    '/apiv2 /ap /apix/y /login2 /login/x / /oauth/complete /oauth/a/b/complete /oauth/a.b/complete',
  ],
  [denied('K4'), '/oauth/gitlab/complete/ /oauth/gitlab/completed /xoauth/gitlab/complete /oauth/gitlab'],
  [admitted('K5'), '/api?x=/../%2e%2e /api?%zz /api??/x /login?/x /api/x?y=//z'],
  [denied('K5'), '/x?/api /x?/../api /?/login /x?a=%2fapi'],
  [doubtful('K5'), '/login#x /api#/x /x?y#z'],
];

/** Rows K1 to K5. */
export const pathRows: readonly RequestRow[] = groups.flatMap(([toRow, targets]) =>
  targets.split(' ').map(toRow),
);
