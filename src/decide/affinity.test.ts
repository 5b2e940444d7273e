// Persistence: what a request is known by, which endpoint that means, and when a cookie is due.
import { describe, expect, test } from 'vitest';
import type { Persistence } from '../model/configuration.ts';
import { HealthBoard, healthBoardBytes } from '../model/health-board.ts';
import type { RequestHead } from '../model/request.ts';
import { type AffinityKeys, chooseEndpoint, readAffinityKeys, tokenToIssue } from './affinity.ts';
import type { ServingBackend } from './compiled.ts';
import { cookieLine } from './cookies.ts';
import { hashText } from './hash.ts';
import { address, COOKIE, endpoint, loadView, request, servingBackend, webSocket } from './test-objects.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const NODES = [endpoint('a'), endpoint('b'), endpoint('c', { state: 'draining' })];
const BACKEND = servingBackend(NODES);
const NONE_TRIED: ReadonlySet<never> = new Set();

/** Keys of a request from 192.0.2.7. */
function keysOf(head: RequestHead, more: Partial<Persistence> = {}, backend = BACKEND): AffinityKeys {
  const from = { head, address: address('192.0.2.7'), cookies: cookieLine(head) };
  return readAffinityKeys({ ...COOKIE, ...more }, from, backend);
}

function choiceOf(
  keys: AffinityKeys,
  backend: ServingBackend = BACKEND,
  tried: readonly number[] = [],
): string {
  const triedEndpoints = new Set(tried.flatMap((at) => backend.endpoints[at] ?? []));
  const choice = chooseEndpoint(backend, keys, loadView(), triedEndpoints);
  return choice === undefined ? 'none' : `${choice.endpoint.endpoint.identity} by ${choice.result}`;
}

function cookie(...pairs: readonly string[]): RequestHead {
  return request('GET /', [`Cookie: ${pairs.join('; ')}`]);
}

describe('the cookie', () => {
  test.each([
    ['names an endpoint', ['MMSTICKY=b-new'], 'b-new'],
    ['was signed with an older key', ['MMSTICKY=b-old'], 'b-old'],
    ['names nobody', ['MMSTICKY=x'], undefined],
    ['is empty', ['MMSTICKY='], undefined],
    ['is quoted', ['MMSTICKY="b-new"'], undefined],
    ['has another name', ['mmsticky=b-new'], undefined],
    ['comes twice, the first one good', ['MMSTICKY=a-new', 'MMSTICKY=b-new'], 'a-new'],
    ['comes twice, the second one good', ['MMSTICKY=x', 'MMSTICKY=b-new'], 'b-new'],
    [
      'comes four times, the last one good',
      ['MMSTICKY=x', 'MMSTICKY=y', 'MMSTICKY=z', 'MMSTICKY=b-new'],
      'b-new',
    ],
    ['comes five times', Array<string>(5).fill('MMSTICKY=b-new'), undefined],
    ['is a name that objects have', ['MMSTICKY=__proto__'], undefined],
  ])('%s', (_, pairs, token) => {
    const keys = keysOf(cookie(...pairs));
    expect(keys.sentToken).toBe(token);
    expect(keys.endpoint?.endpoint.tokens.includes(token ?? '')).toBe(token === undefined ? undefined : true);
  });

  test.each(['SourceAddress', 'None'] as const)('is not looked at with type %s', (type) => {
    expect(keysOf(cookie('MMSTICKY=b-new'), { type, fallback: [] })).toMatchObject({
      endpoint: undefined,
      sentToken: undefined,
    });
  });

  test('of another backend names nobody', () => {
    const other = servingBackend([endpoint('x')], { key: 'other' });
    expect(keysOf(cookie('MMSTICKY=b-new'), {}, other)).toMatchObject({
      endpoint: undefined,
      sentToken: undefined,
    });
  });
});

describe('fallback keys, in the order of the policy', () => {
  const source = { result: 'source', hash: hashText('c0000207') };
  const user = { result: 'user', hash: hashText(ID) };
  const signedIn = cookie(`MMUSERID=${ID}`);
  test.each([
    ['user and address', {}, signedIn, [user, source]],
    ['address and user', { fallback: ['SourceAddress', 'UserIdentity'] }, signedIn, [source, user]],
    ['user only', { fallback: ['UserIdentity'] }, signedIn, [user]],
    ['address only', { fallback: ['SourceAddress'] }, signedIn, [source]],
    ['none', { fallback: [] }, signedIn, []],
    ['nobody is signed in', {}, request('GET /'), [source]],
    ['type SourceAddress', { type: 'SourceAddress', fallback: [] }, signedIn, [source]],
    ['type None', { type: 'None', fallback: ['SourceAddress'] }, signedIn, []],
  ] as const)('%s', (_, more, head, expected) => {
    expect(keysOf(head, more).hashes).toEqual(expected);
  });
});

describe('user identity', () => {
  const token = 'tokentokentokentokentoken1';
  const bearer = (scheme: string) => `Authorization: ${scheme} ${token}`;
  test.each([
    ['MMUSERID', [`Cookie: a=1; MMUSERID=${ID}`], ID],
    ['MMUSERID before the token', [`Cookie: MMUSERID=${ID}`, bearer('Bearer')], ID],
    ['the token, as the WebSocket of the apps sends it', [bearer('Bearer')], token],
    ['the same token, as their REST sends it', [bearer('BEARER')], token],
    ['the token, where MMUSERID has no such shape', ['Cookie: MMUSERID=x', bearer('bearer')], token],
    ['the second MMUSERID, where the first has no such shape', [`Cookie: MMUSERID=x; MMUSERID=${ID}`], ID],
    [
      'the token, where there are too many MMUSERID',
      [`Cookie: ${`MMUSERID=${ID};`.repeat(5)}`, bearer('Bearer')],
      token,
    ],
    ['nobody by another scheme', [`Authorization: Basic ${token}`], undefined],
    ['nobody by the session alone', [`Cookie: MMAUTHTOKEN=${ID}`], undefined],
    ['nobody by two tokens', [bearer('Bearer'), bearer('Bearer')], undefined],
  ])('%s', (_, lines, user) => {
    const { hashes } = keysOf(request('GET /', lines), { fallback: ['UserIdentity'] });
    expect(hashes).toEqual(user === undefined ? [] : [{ result: 'user', hash: hashText(user) }]);
  });
});

describe('source address', () => {
  const hashOf = (text: string, more: Partial<Persistence> = {}) => {
    const head = request('GET /');
    const persistence = { ...COOKIE, fallback: ['SourceAddress'] as const, ...more };
    return readAffinityKeys(persistence, { head, address: address(text), cookies: '' }, BACKEND).hashes[0]
      ?.hash;
  };
  test.each([
    ['the same address', '192.0.2.7', '192.0.2.7', {}, true],
    ['another address', '192.0.2.7', '192.0.2.8', {}, false],
    ['the same in IPv6 form', '192.0.2.7', '::ffff:192.0.2.7', {}, true],
    ['the same network, if asked for', '192.0.2.7', '192.0.2.200', { ipv4PrefixLength: 24 }, true],
    ['another network', '192.0.2.7', '192.0.3.7', { ipv4PrefixLength: 24 }, false],
    ['one network of IPv6', '2001:db8::1', '2001:db8::ffff:1', {}, true],
    ['another network of IPv6', '2001:db8::1', '2001:db8:0:1::1', {}, false],
    [
      'single addresses of IPv6, if asked for',
      '2001:db8::1',
      '2001:db8::2',
      { ipv6PrefixLength: 128 },
      false,
    ],
    ['IPv4 and IPv6 alike', '0.0.0.0', '::', { ipv4PrefixLength: 0, ipv6PrefixLength: 0 }, false],
  ])('%s', (...[, left, right, more, isSame]) => {
    expect(hashOf(left, more) === hashOf(right, more)).toBe(isSame);
  });
});

describe('the order of choice', () => {
  const user = { result: 'user', hash: hashText(ID) } as const;
  const source = { result: 'source', hash: hashText('c0000207') } as const;
  const [a, b, c] = BACKEND.endpoints;
  const onlyDraining = servingBackend([
    endpoint('c', { state: 'draining' }),
    endpoint('d', { state: 'draining' }),
  ]);
  const keys = { endpoint: undefined, sentToken: undefined, hashes: [user, source], fenceMs: 600_000 };
  test.each([
    ['the cookie', { ...keys, endpoint: b }, BACKEND, [], 'b by cookie'],
    ['the cookie of a draining endpoint', { ...keys, endpoint: c }, BACKEND, [], 'c by cookie-draining'],
    ['the cookie was tried', { ...keys, endpoint: b }, BACKEND, [1], 'a by user'],
    ['the draining one was tried', { ...keys, endpoint: c }, BACKEND, [2], 'a by user'],
    ['the user, among those ready', keys, BACKEND, [], 'a by user'],
    ['the user, among those left', keys, BACKEND, [0], 'b by user'],
    ['the address, where no user is known', { ...keys, hashes: [source] }, BACKEND, [], 'b by source'],
    [
      'the address first, if the policy says so',
      { ...keys, hashes: [source, user] },
      BACKEND,
      [],
      'b by source',
    ],
    ['no key at all: balancing', { ...keys, hashes: [] }, BACKEND, [], 'a by balanced'],
    ['balancing leaves out those tried', { ...keys, hashes: [] }, BACKEND, [0], 'b by balanced'],
    ['all ready ones were tried: a draining one', { ...keys, hashes: [] }, BACKEND, [0, 1], 'c by balanced'],
    ['all were tried', keys, BACKEND, [0, 1, 2], 'none'],
    ['the cookie and all others were tried', { ...keys, endpoint: a }, BACKEND, [0, 1, 2], 'none'],
    ['there are only draining ones', { ...keys, hashes: [] }, onlyDraining, [], 'c by balanced'],
    ['there is none', keys, servingBackend([]), [], 'none'],
  ])('%s', (...[, given, backend, tried, expected]) => {
    expect(choiceOf(given, backend, tried)).toBe(expected);
  });

  test('a new WebSocket does not go to a draining endpoint, whatever its cookie says', () => {
    const lines = ['Cookie: MMSTICKY=c-new'];
    const toNew = keysOf(webSocket('/api/v4/websocket', lines), { fallback: [] });
    expect(choiceOf(toNew)).toBe('a by balanced');
    expect(choiceOf(keysOf(request('GET /', lines)))).toBe('c by cookie-draining');
    expect(choiceOf(keysOf(webSocket('/api/v4/websocket', ['Cookie: MMSTICKY=b-new'])))).toBe('b by cookie');
  });

  test.each([
    { name: 'within the time', mode: 'Fenced', drainingMs: 59_999, expected: 'c by cookie-draining' },
    { name: 'after it', mode: 'Fenced', drainingMs: 60_000, expected: 'a by balanced' },
    { name: 'not at all', mode: 'Immediate', drainingMs: 0, expected: 'a by balanced' },
  ] as const)(
    'a draining endpoint serves the holders of its cookie: $name',
    ({ mode, drainingMs, expected }) => {
      const given = keysOf(request('GET /', ['Cookie: MMSTICKY=c-new']), {
        fallback: [],
        drain: { mode, timeoutMs: 60_000 },
      });
      const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(4)));
      for (const { slot } of BACKEND.endpoints) health.setDraining(slot, slot === c?.slot ? 1_000 : 0);
      const view = { ...loadView([], 0, health), nowMs: () => 1_000 + drainingMs };
      const chosen = chooseEndpoint(BACKEND, given, view, NONE_TRIED);
      expect(`${chosen?.endpoint.endpoint.identity} by ${chosen?.result}`).toBe(expected);
    },
  );

  test('unless there is no other', () => {
    const head = webSocket('/api/v4/websocket', ['Cookie: MMSTICKY=d-new']);
    const chosen = chooseEndpoint(onlyDraining, keysOf(head, {}, onlyDraining), loadView(), NONE_TRIED);
    expect(chosen?.endpoint.endpoint.state).toBe('draining');
  });
});

describe('a cookie is due whenever the answer differs from what the client sent', () => {
  const [a, b] = BACKEND.endpoints;
  const unknown = { endpoint: undefined, hashes: [], fenceMs: 0 };
  test.each([
    ['no cookie', {}, undefined, 'a-new'],
    ['the right cookie', {}, 'a-new', undefined],
    ['the right endpoint by an older key', {}, 'a-old', 'a-new'],
    ['another endpoint', {}, 'b-new', 'a-new'],
    ['type SourceAddress', { type: 'SourceAddress' }, undefined, undefined],
    ['type None', { type: 'None' }, undefined, undefined],
  ] as const)('%s', (_, more, sentToken, expected) => {
    expect(a && tokenToIssue({ ...COOKIE, ...more }, { ...unknown, sentToken }, a)).toBe(expected);
  });

  test('an endpoint without tokens gets none', () => {
    const [bare] = servingBackend([endpoint('x', { tokens: [] })]).endpoints;
    expect(bare && tokenToIssue(COOKIE, { ...unknown, sentToken: undefined }, bare)).toBeUndefined();
    expect(b && tokenToIssue(COOKIE, { ...unknown, sentToken: undefined }, b)).toBe('b-new');
  });

  test('of several copies it is the one that was followed that counts', () => {
    const keys = keysOf(cookie('MMSTICKY=x', 'MMSTICKY=b-new', 'MMSTICKY=a-new'));
    expect(b && tokenToIssue(COOKIE, keys, b)).toBeUndefined();
    expect(a && tokenToIssue(COOKIE, keys, a)).toBe('a-new');
  });
});
