// The secret of the apps: accepted while it is in its Secret, rotated without a gap, and never passed on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, type Manifest, secret, site } from '../support/manifest-builders.ts';
import { exchangeRaw } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const OLD = 'the-old-secret-0123456789';
const NEW = 'the-new-secret-0123456789';
const OFFICE = '127.10.0.1';
const NAME = 'X-Mattermost-Preauth-Secret';
const RULES: readonly Manifest[] = [
  { name: 'office', sourceCIDRs: ['127.10.0.0/16'], action: 'Allow' },
  { name: 'app', headers: [{ name: NAME, secretRef: { name: 'preauth' } }], action: 'Allow' },
];

const scene = new Scene();
let controller: ControllerProcess;
let port = 0;

beforeAll(async () => {
  const node = await scene.node('node');
  port = node.port;
  const admission = { rules: RULES, defaultAction: 'Deny' };
  controller = await scene.controller({
    objects: [
      ...open('chat', { admission }),
      ...open('trusting', { admission: { ...admission, forwardSecretHeaders: true } }),
      secret('preauth', { first: OLD }),
    ],
  });
});
afterAll(() => scene.end());

function open(name: string, parts: Manifest): readonly Manifest[] {
  return site(name, [{ name: 'node', port }], parts);
}

async function statusWith(name: string, value: string): Promise<number> {
  return (await controller.get(hostOf(name), '/', { headers: { [NAME]: value } })).status;
}

/** The headers of a request as the node got them. */
async function seen(
  name: string,
  ask: { readonly from?: string; readonly headers: Readonly<Record<string, string>> },
): Promise<Echo['headers']> {
  const reply = await controller.get(hostOf(name), '/api/v4/demo/echo', ask);
  expect(reply.status).toBe(200);
  return (JSON.parse(reply.body.toString()) as Echo).headers;
}

describe('rotation', () => {
  test('old, both, new: each key is told from the other, and what is gone is refused at once', async () => {
    const admission = {
      rules: [{ name: 'app', headers: [{ name: NAME, secretRef: { name: 'rotated' } }], action: 'Allow' }],
      defaultAction: 'Deny',
    };
    const with_ = (data: Readonly<Record<string, string>>) =>
      controller.apply('rotated.yaml', ...open('rotated', { admission }), secret('rotated', data));
    await with_({ first: OLD });
    expect([await statusWith('rotated', OLD), await statusWith('rotated', NEW)]).toEqual([200, 403]);
    await with_({ first: OLD, second: NEW });
    expect([await statusWith('rotated', OLD), await statusWith('rotated', NEW)]).toEqual([200, 200]);
    await with_({ second: NEW });
    expect([await statusWith('rotated', OLD), await statusWith('rotated', NEW)]).toEqual([403, 200]);
    const labels = { host: hostOf('rotated'), rule: 'app' };
    await controller.expectMetrics((metrics) => {
      const uses = ['first', 'second'].map((key) =>
        metrics.sum('admission_secret_used_total', { ...labels, key }),
      );
      expect(uses).toEqual([2, 2]);
    });
  });

  test.each<[string, Readonly<Record<string, string>> | undefined, string]>([
    ['is missing', undefined, 'SecretNotFound'],
    ['holds nothing of use', { short: 'tooshort' }, 'SecretInvalid'],
  ])('a Secret that %s admits nobody, and the log says so without its value', async (what, data, reason) => {
    const name = what.replaceAll(' ', '-');
    const rule = { name: 'app', headers: [{ name: NAME, secretRef: { name } }], action: 'Allow' };
    const objects = open(name, { admission: { rules: [rule], defaultAction: 'Deny' } });
    await controller.apply(`${name}.yaml`, ...objects, ...(data === undefined ? [] : [secret(name, data)]));
    for (const value of ['', 'tooshort', OLD]) expect(await statusWith(name, value)).toBe(403);
    const object = { kind: 'MattermostIngressPolicy', namespace: 'test', name };
    const line = await controller.logged({ object, reason, level: 50 });
    expect(line['field']).toBe('spec.admission.rules[0].headers[0].secretRef');
    expect(controller.stdout).not.toContain('tooshort');
  });
});

describe('what the node hears', () => {
  test.each([
    ['from an app', {}, OLD],
    ['from the office, whom no secret let in', { from: OFFICE }, 'anything-of-enough-bytes'],
  ])('%s: no secret', async (_, ask, value) => {
    const headers = await seen('chat', { ...ask, headers: { [NAME]: value, 'X-Other': 'stays' } });
    expect(headers.map(([name]) => name.toLowerCase())).not.toContain(NAME.toLowerCase());
    expect(headers).toContainEqual(['X-Other', 'stays']);
    expect(JSON.stringify(headers)).not.toContain(value);
  });

  test('with forwardSecretHeaders: the secret as it came', async () => {
    expect(await seen('trusting', { headers: { [NAME]: OLD } })).toContainEqual([NAME, OLD]);
  });
});

describe('a secret that cannot be told', () => {
  test.each([
    ['twice the same line', `Connection: close\r\n${NAME}: ${OLD}\r\n${NAME}: ${OLD}\r\n\r\n`],
    ['nominated by Connection', `Connection: close, ${NAME}\r\n${NAME}: ${OLD}\r\n\r\n`],
    ['with underscores for hyphens', `Connection: close\r\n${NAME.replaceAll('-', '_')}: ${OLD}\r\n\r\n`],
    ['in a trailer', `Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${NAME}: ${OLD}\r\n\r\n`],
  ])('%s does not let in', async (_, rest) => {
    const bytes = `POST / HTTP/1.1\r\nHost: ${hostOf('chat')}\r\n${rest}`;
    const { text } = await exchangeRaw(controller.raw(), bytes);
    expect(text).toMatch(/^HTTP\/1\.1 (?:400|403) /);
  });

  test('the same request with the secret once does', async () => {
    expect(await statusWith('chat', OLD)).toBe(200);
  });
});
