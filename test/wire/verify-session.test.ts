// Sessions that Mattermost is asked about before a request is let in: what is asked, how often, and what each answer does.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { admission, openSite, rule, site } from '../../src/decide/test-objects.ts';
import { ask, connectHttp2, statusesOf } from '../support/http2-session.ts';
import { type Message, splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { until, type WireClient } from '../support/wire-client.ts';
import { get, head } from './rows.ts';
import { WireScene } from './scene.ts';

const QUESTION = 'GET /api/v4/users/me HTTP/1.1\r\n';
const cookies = [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' } as const];
const signedIn = rule('signed-in', { cookies, verifySession: { cacheTtlMs: 60_000, onError: 'Deny' } });
const lenient = { ...signedIn, verifySession: { cacheTtlMs: 60_000, onError: 'Allow' } as const };

let scene: WireScene;
/** What questions are answered with; undefined leaves them without an answer. */
let verdict: string | undefined;
let last = 0;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    site: { admission: admission([signedIn]) },
    backend: { responseTimeoutMs: 20_000 },
    more: [site('b', openSite({ admission: admission([lenient]) }))],
  });
});
beforeEach(async () => {
  await scene.reset();
  verdict = answer('{}');
  scene.backend.script = (connection, request) => {
    if (!textOf(request).startsWith(QUESTION)) connection.send(answer('ok'));
    else if (verdict !== undefined) connection.send(verdict);
  };
});
afterAll(() => scene.end());

function textOf({ head }: Message): string {
  return `${head}\r\n`;
}

/** A cookie that nobody has sent before. */
function freshCookie(): string {
  return `Cookie: a=1; MMAUTHTOKEN=${String(++last).padStart(26, 'a')}`;
}

function status(code: number): string {
  return `HTTP/1.1 ${code} Nope\r\nContent-Length: 2\r\n\r\n{}`;
}

function statuses(client: WireClient): readonly number[] {
  return splitAnswers(client.bytes).statuses;
}

function questions(): readonly string[] {
  return scene.backend.requests.map(textOf).filter((text) => text.startsWith(QUESTION));
}

async function exchange(text: string): Promise<readonly number[]> {
  const client = await scene.client();
  client.send(text);
  await client.until(() => statuses(client).length > 0);
  return statuses(client);
}

test('the question carries the credentials as they came, and goes before the request', async () => {
  const cookie = freshCookie();
  expect(await exchange(get(cookie, 'X-Other: 1', 'User-Agent: me'))).toEqual([200]);
  const [question = '', request = ''] = scene.backend.requests.map(textOf);
  expect(question).toMatch(/^GET \/api\/v4\/users\/me HTTP\/1\.1\r\n/);
  expect(question).toContain(`${cookie}\r\n`);
  expect(question).toContain('User-Agent: me\r\n');
  expect(question).toContain('X-Forwarded-For: 127.0.0.1\r\n');
  expect(question).not.toContain('X-Other');
  expect(request).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  expect(scene.plane.records).toMatchObject([{ status: 200, target: '/', admission: { rule: 'signed-in' } }]);
});

describe('answers', () => {
  test.each([
    [200, [200]],
    [401, [403]],
    [403, [403]],
    [404, [403]],
    [500, [403]],
    [302, [403]],
  ])('%d', async (code, expected) => {
    verdict = code === 200 ? answer('{}') : status(code);
    expect(await exchange(get(freshCookie()))).toEqual(expected);
  });

  test('none within five seconds: the rule does not match', async () => {
    verdict = undefined;
    const client = await scene.client();
    client.send(get(freshCookie()));
    await until(
      () => questions().length === 1,
      () => 'the question',
    );
    await scene.plane.advance(4_500);
    expect(client.text).toBe('');
    await scene.plane.advance(1_000);
    await client.until(() => statuses(client).length > 0);
    expect(statuses(client)).toEqual([403]);
  });

  test('none, where the policy says that shape is to be believed then', async () => {
    verdict = status(500);
    expect(await exchange(head('GET / HTTP/1.1', 'Host: b', freshCookie()))).toEqual([200]);
  });
});

describe('are kept', () => {
  test('a valid one for its time', async () => {
    const cookie = freshCookie();
    for (let at = 0; at < 3; at++) expect(await exchange(get(cookie))).toEqual([200]);
    expect(questions()).toHaveLength(1);
    await scene.plane.advance(60_100);
    verdict = status(401);
    expect(await exchange(get(cookie))).toEqual([403]);
    expect(questions()).toHaveLength(2);
  });

  test('a refused one for ten seconds at most', async () => {
    const cookie = freshCookie();
    verdict = status(401);
    for (let at = 0; at < 3; at++) expect(await exchange(get(cookie))).toEqual([403]);
    expect(questions()).toHaveLength(1);
    await scene.plane.advance(10_100);
    verdict = answer('{}');
    expect(await exchange(get(cookie))).toEqual([200]);
  });

  test('none that was no answer', async () => {
    const cookie = freshCookie();
    verdict = status(500);
    expect(await exchange(get(cookie))).toEqual([403]);
    verdict = answer('{}');
    expect(await exchange(get(cookie))).toEqual([200]);
  });

  test('our own cookie makes no difference, another one does', async () => {
    const cookie = freshCookie();
    await exchange(get(`${cookie}; MMSTICKY=x`));
    await exchange(get(`${cookie}; MMSTICKY=y`));
    expect(questions()).toHaveLength(1);
    await exchange(get(`${cookie}; other=y`));
    await exchange(get(cookie, 'Authorization: Bearer x'));
    expect(questions()).toHaveLength(3);
  });
});

test('many with the same credentials wait for one question', async () => {
  verdict = undefined;
  const cookie = freshCookie();
  const clients = await Promise.all(Array.from({ length: 10 }, () => scene.client()));
  for (const client of clients) client.send(get(cookie));
  await until(
    () => questions().length === 1,
    () => 'the question',
  );
  // One leaves in the middle of it.
  clients[9]?.destroy();
  scene.upstream.send(answer('{}'));
  for (const client of clients.slice(0, 9)) {
    await client.until(() => statuses(client).length > 0);
    expect(statuses(client)).toEqual([200]);
  }
  expect(questions()).toHaveLength(1);
});

test.each([
  ['', 0],
  [', also where the whole thread stood still meanwhile', 60_000],
])('32 questions at a time, and the others after them%s', async (_, frozenMs) => {
  verdict = undefined;
  const clients = await Promise.all(Array.from({ length: 40 }, () => scene.client()));
  for (const client of clients) client.send(get(freshCookie()));
  await until(
    () => questions().length === 32,
    () => '32 questions',
  );
  await scene.plane.advance(100);
  expect(questions()).toHaveLength(32);
  verdict = answer('{}');
  for (const connection of scene.backend.connections) connection.send(answer('{}'));
  scene.plane.freeze(frozenMs);
  for (const client of clients) await client.until(() => statuses(client).length > 0);
  expect(clients.flatMap(statuses)).toEqual(Array.from({ length: 40 }, () => 200));
});

test('a body waits until it is known whether it is wanted', async () => {
  verdict = undefined;
  const client = await scene.client();
  client.send(`${head('POST / HTTP/1.1', 'Host: a', freshCookie(), 'Content-Length: 5')}hello`);
  await until(
    () => questions().length === 1,
    () => 'the question',
  );
  expect(scene.backend.text).not.toContain('hello');
  scene.upstream.send(answer('{}'));
  await client.until(() => statuses(client).length > 0);
  expect(statuses(client)).toEqual([200]);
  expect(scene.backend.text).toContain('hello');
});

test('requests that come one behind the other on a connection are answered in order', async () => {
  const client = await scene.client();
  client.send(get(freshCookie()) + get() + get(freshCookie()));
  await client.until(() => statuses(client).length === 3);
  expect(statuses(client)).toEqual([200, 403, 200]);
});

test('streams of HTTP/2', async () => {
  const session = await connectHttp2(scene.plane.httpsPort);
  const cookie = freshCookie().slice('Cookie: '.length);
  const answers = await Promise.all(
    [1, 2, 3].map(() => ask(session, { headers: { cookie } })).concat(ask(session)),
  );
  expect(answers.map(statusesOf)).toEqual([[200], [200], [200], [403]]);
  const posted = await ask(session, { headers: { cookie, ':method': 'POST' }, body: 'hello' });
  expect(statusesOf(posted)).toEqual([200]);
  expect(questions()).toHaveLength(1);
  session.destroy();
});

test('what was asked is told by a metric, and is no request of the site', async () => {
  const before = scene.plane.metric('session_checks_total', 'valid');
  const requests = scene.plane.metric('requests_total');
  const cookie = freshCookie();
  await exchange(get(cookie));
  await exchange(get(cookie));
  expect(scene.plane.metric('session_checks_total', 'valid')).toBe(before + 1);
  expect(scene.plane.metric('session_checks_total', 'cached')).toBeGreaterThan(0);
  expect(scene.plane.metric('requests_total')).toBe(requests + 2);
});

test('a mistake of ours in one of those who wait for an answer costs that one its connection, and nobody else anything', async () => {
  const own = await WireScene.start({ site: { admission: admission([signedIn]) } });
  own.backend.script = () => undefined;
  const cookie = freshCookie();
  const clients = [await own.client(), await own.client(), await own.client()];
  for (const client of clients) client.send(get(cookie));
  await until(
    () => own.backend.requests.length === 1,
    () => 'the question',
  );
  const log = vi.spyOn(own.plane.records, 'push').mockImplementationOnce(() => {
    throw new Error('A mistake of ours');
  });
  own.upstream.send(status(401));
  const [first, ...others] = clients;
  for (const client of others) {
    await client.until(() => statuses(client).length > 0);
    expect(statuses(client)).toEqual([403]);
  }
  expect(await first?.ended()).toBe('reset');
  expect(log).toHaveBeenCalledTimes(3);
  expect(own.plane.bugs).toHaveLength(1);
  await expect(own.end()).rejects.toThrow('The data plane made mistakes');
});

test('a client whose question finds no room is answered at once, and did not go before that', async () => {
  const own = await WireScene.start({
    site: { admission: admission([lenient]) },
    backend: { maxConnectionsPerEndpoint: 1 },
    more: [site('b')],
  });
  own.backend.script = () => undefined;
  const first = await own.client();
  first.send(head('GET / HTTP/1.1', 'Host: b'));
  await until(
    () => own.backend.requests.length === 1,
    () => 'the request that takes the room',
  );
  const client = await own.client();
  client.send(get(freshCookie()));
  await client.until(() => statuses(client).length > 0);
  expect(statuses(client)).toEqual([503]);
  client.destroy();
  await until(
    () => own.plane.metric('connections') === 1,
    () => 'the end of the connection',
  );
  expect(own.plane.metric('faults_total', 'client-closed')).toBe(0);
  await own.end();
});
