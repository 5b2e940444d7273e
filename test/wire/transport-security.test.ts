// Strict-Transport-Security: on each answer over https of a host that wants it, ours or the backend's, and once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admission, openSite, rule, site } from '../../src/decide/test-objects.ts';
import { ask, connectHttp2 } from '../support/http2-session.ts';
import { answer, always } from '../support/recording-backend.ts';
import { head } from './rows.ts';
import { WireScene } from './scene.ts';

const VALUE = 'max-age=15552000; includeSubDomains';
const tls = { certificate: '', minVersion: '1.2', hsts: VALUE, clientCertificate: undefined } as const;
const denies = admission([rule('no-put', { action: 'Deny', methods: ['PUT'] })], { defaultAction: 'Allow' });
const NAME = 'strict-transport-security';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    trustedProxies: ['127.0.0.0/8'],
    site: { tls, plainHttp: 'redirect', admission: denies },
    more: [site('b', openSite())],
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

/** The values of the field in the answer to a request. */
async function valuesOver(kind: 'http' | 'https', ...lines: readonly string[]): Promise<readonly string[]> {
  const client = kind === 'http' ? await scene.client() : await scene.tlsClient('a');
  client.send(head(...lines, 'Connection: close'));
  await client.ended();
  return [...client.text.matchAll(/^strict-transport-security: (.*)\r$/gim)].map(([, value = '']) => value);
}

describe('over https', () => {
  test('on what the backend answers', async () => {
    expect(await valuesOver('https', 'GET / HTTP/1.1', 'Host: a')).toEqual([VALUE]);
  });

  test('in place of what the backend says', async () => {
    scene.backend.script = always(answer('ok', ['Strict-Transport-Security: max-age=1']));
    expect(await valuesOver('https', 'GET / HTTP/1.1', 'Host: a')).toEqual([VALUE]);
  });

  test('on a refusal of ours', async () => {
    expect(await valuesOver('https', 'PUT / HTTP/1.1', 'Host: a')).toEqual([VALUE]);
  });

  test('as a trusted proxy says', async () => {
    const lines = ['GET / HTTP/1.1', 'Host: a', 'X-Forwarded-Proto: https'];
    expect(await valuesOver('http', ...lines)).toEqual([VALUE]);
  });

  test('over HTTP/2', async () => {
    const session = await connectHttp2(scene.plane.httpsPort);
    const { heads } = await ask(session);
    const values = heads.flat().filter((_, at, list) => at % 2 === 1 && list[at - 1] === NAME);
    expect(values).toEqual([VALUE]);
    session.destroy();
  });
});

describe('not', () => {
  test('over plain HTTP, not even on the redirect', async () => {
    expect(await valuesOver('http', 'GET / HTTP/1.1', 'Host: a')).toEqual([]);
  });

  test('on a host that does not want it: what the backend says is left alone', async () => {
    scene.backend.script = always(answer('ok', ['Strict-Transport-Security: max-age=1']));
    expect(await valuesOver('http', 'GET / HTTP/1.1', 'Host: b', 'X-Forwarded-Proto: https')).toEqual([
      'max-age=1',
    ]);
  });

  test('where no site is', async () => {
    expect(await valuesOver('https', 'GET / HTTP/1.1', 'Host: nobody')).toEqual([]);
  });
});
