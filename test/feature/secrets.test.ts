// No secret in anything the process says: a whole run with every kind of secret there is, then a search for each.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, type Manifest, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { answer, type RawBackend } from '../support/raw-backend.ts';
import { exchangeRaw, HANDSHAKE, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

/** One of each, so that a leak tells where it came from. */
const SECRETS = {
  preauth: 'preauth-secret-of-the-apps',
  retired: 'retired-secret-of-the-apps',
  guessed: 'guessed-secret-of-somebody',
  short: 'shortone',
  torn: 'secret-in-a-torn-file-0123',
  unusable: 'secret-in-the-wrong-place-01',
  authtoken: 'authtokenauthtokenauthtok1',
  userid: 'useriduseriduseriduserid12',
  csrf: 'csrfcsrfcsrfcsrfcsrfcsrfcs',
  bearer: 'bearerbearerbearerbearer12',
  basic: 'YmFzaWM6c2VjcmV0LXBhc3N3b3Jk',
  password: 'correct-horse-battery-staple',
  query: 'accesstokenaccesstokenacc1',
  hook: 'hookhookhookhookhookhookho',
  invite: 'inviteinviteinviteinvitein',
  file: 'publiclinkpubliclinkpublic',
  sticky: 'sticky-key-of-all-replicas',
  proxy: 'proxy-authorization-secret',
} as const;

const scene = new Scene();
let folder = '';
let controller: ControllerProcess;
let backend: RawBackend;
let keys: readonly string[] = [];
/** Everything clients were told by the controller itself. */
const told: string[] = [];

const RULES: readonly Manifest[] = [
  {
    name: 'app',
    headers: [{ name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } }],
    action: 'Allow',
  },
  { name: 'socket', request: 'WebSocket', cookies: [{ name: 'MMAUTHTOKEN' }], action: 'Allow' },
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  writeFileSync(join(folder, 'sticky'), SECRETS.sticky);
  const ticketKeys = Buffer.alloc(48, 'ticket-key');
  writeFileSync(join(folder, 'tickets'), ticketKeys);
  const [serving, client] = await Promise.all([makeCertificate(hostOf('secure')), makeCertificate('client')]);
  keys = [...[serving, client].map(({ key }) => bodyOf(key)), ticketKeys.toString('latin1')];
  backend = await scene.backend('backend', ({ socket }) => void socket.write(answer('ok')));
  controller = await scene.controller({
    flags: {
      'log-level': 'trace',
      'sticky-key-file': join(folder, 'sticky'),
      'ticket-key-file': join(folder, 'tickets'),
    },
    objects: [
      ...site('chat', [backend.place], { admission: { rules: RULES, defaultAction: 'Deny' } }),
      ...site('open', [backend.place]),
      ...site('secure', [backend.place], { route: { tls: { secretName: 'secure' } } }),
      ...site('dead', [{ name: 'dead', port: 9, address: '127.99.0.1' }]),
      ...site('asked', [backend.place], {
        backend: {
          tls: { mode: 'InsecureSkipVerify', clientCertificateRef: { name: 'client' } },
          timeouts: { connect: '100ms' },
        },
      }),
      secret('preauth', { current: SECRETS.preauth, retired: SECRETS.retired, short: SECRETS.short }),
      tlsSecret('secure', serving),
      tlsSecret('client', client),
    ],
  });
  await run();
}, 60_000);
afterAll(async () => {
  await scene.end();
  rmSync(folder, { recursive: true, force: true });
});

/** The middle of a PEM: what no error message may quote. */
function bodyOf(pem: string): string {
  return pem.split('\n').slice(1, 2).join('');
}

const CLIENT: Readonly<Record<string, string>> = {
  Cookie: `MMAUTHTOKEN=${SECRETS.authtoken}; MMUSERID=${SECRETS.userid}; MMCSRF=${SECRETS.csrf}`,
  Authorization: `Bearer ${SECRETS.bearer}`,
  'X-CSRF-Token': SECRETS.csrf,
  'Proxy-Authorization': `Basic ${SECRETS.proxy}`,
};

/** Lines of requests whose target holds a secret. */
const TARGETS: readonly string[] = [
  `GET /api/v4/users/me?access_token=${SECRETS.query}`,
  `POST /hooks/${SECRETS.hook}`,
  `POST /hooks//${SECRETS.hook}`,
  `POST /%68ooks/${SECRETS.hook}?token=${SECRETS.query}`,
  `GET /signup_user_complete/${SECRETS.invite}/?id=${SECRETS.invite}`,
  `GET /api/v4/teams/invite/${SECRETS.invite}`,
  `GET /files/abcdefghijklmnopqrstuvwxyz/public/${SECRETS.file}?h=${SECRETS.file}`,
  `GET /x?%61ccess_token=${SECRETS.query}&b=%0d%0a`,
];

async function ask(bytes: string, serverName?: string): Promise<void> {
  const { text } = await exchangeRaw(controller.raw(serverName === undefined ? {} : { serverName }), bytes);
  if (!text.endsWith('ok') && !text.startsWith('HTTP/1.1 308 ')) told.push(text);
}

/** What clients and administrators do in a day, mistakes included. */
async function run(): Promise<void> {
  for (const name of ['chat', 'open', 'secure', 'dead', 'asked']) {
    // No backend is reached there, and each request waits for that.
    for (const target of name === 'asked' ? TARGETS.slice(0, 2) : TARGETS) {
      for (const value of [SECRETS.preauth, SECRETS.guessed]) {
        const fields = { ...CLIENT, 'X-Mattermost-Preauth-Secret': value, Connection: 'close' };
        await ask(requestText(target, hostOf(name), fields));
      }
    }
    await ask(
      requestText('GET /api/v4/websocket', hostOf(name), {
        ...HANDSHAKE,
        ...CLIENT,
        Connection: 'Upgrade, close',
      }),
    );
    const body = JSON.stringify({ login_id: 'a', password: SECRETS.password });
    const length = { 'Content-Length': String(body.length), Connection: 'close' };
    await ask(requestText('POST /api/v4/users/login', hostOf(name), { ...CLIENT, ...length }) + body);
  }
  for (const value of [SECRETS.retired, SECRETS.short]) {
    const fields = { 'X-Mattermost-Preauth-Secret': value, Connection: 'close' };
    await ask(requestText('GET /', hostOf('chat'), fields));
  }
  const secure = { ...CLIENT, Connection: 'close' };
  await ask(requestText(TARGETS[0] ?? '', hostOf('secure'), secure), hostOf('secure'));
  await ask(requestText(TARGETS[0] ?? '', hostOf('chat'), secure), hostOf('secure'));
  await malformed();
  await mistakes();
}

/** Requests that are refused before anybody knows what they are. */
async function malformed(): Promise<void> {
  const host = `Host: ${hostOf('open')}\r\n`;
  const lines = Object.entries(CLIENT).map(([name, value]) => `${name}: ${value}\r\n`);
  for (const bad of [
    'Content-Length: x\r\n',
    'bad header\r\n',
    'Transfer-Encoding: gzip\r\n',
    ' folded\r\n',
  ]) {
    await ask(`GET /?token=${SECRETS.query} HTTP/1.1\r\n${host}${lines.join('')}${bad}\r\n`);
  }
  await ask(`GET /?token=${SECRETS.query} HTTP/9.9\r\n${host}\r\n`);
  await ask(`BREW /hooks/${SECRETS.hook} HTTP/1.1\r\n${host}\r\n`);
  await ask(`${SECRETS.password}\r\n\r\n`);
}

/** Secrets where they do not belong. */
async function mistakes(): Promise<void> {
  controller.write(
    'torn.yaml',
    `kind: Secret\nstringData:\n  key: "${SECRETS.torn}\n  other: [${SECRETS.torn}\n`,
  );
  await controller.logged({ reason: 'YAMLInvalid' });
  const wrong = (data: Manifest) => ({ ...secret('wrong', {}), stringData: undefined, data });
  controller.write(
    'wrong.json',
    JSON.stringify(wrong({ key: `${SECRETS.unusable}!`, [`${SECRETS.unusable}/`]: 'eA==' })),
  );
  await controller.logged(
    ({ reason, object }) => reason === 'ObjectInvalid' && JSON.stringify(object).includes('wrong'),
  );
  const broken = tlsSecret('secure', { certificate: SECRETS.unusable, key: SECRETS.unusable });
  controller.write('start-2.yaml', JSON.stringify(broken));
  await controller.logged({ reason: 'ObjectDuplicate' });
}

/** A secret as it is, and in the forms in which it could slip through. */
function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'latin1');
  return [
    text,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ];
}

function leaksIn(output: string): readonly string[] {
  const entries = [...Object.entries(SECRETS), ...keys.map((key, at) => [`key ${at}`, key] as const)];
  return entries
    .filter(([, text]) => formsOf(text).some((form) => output.includes(form)))
    .map(([name]) => name);
}

test('the run did what it should: the backend heard of the clients, and the log of every request', async () => {
  const passed = ['authtoken', 'bearer', 'query', 'hook', 'invite', 'file', 'password'];
  expect(leaksIn(backend.received)).toEqual(expect.arrayContaining(passed));
  expect(told.length).toBeGreaterThan(20);
  await eventually(() => {
    const paths = controller.log.all.map(({ path }) => String(path));
    expect(paths).toContain('/hooks/***');
    expect(paths).toContain('/api/v4/users/me');
    expect(controller.stdout.match(/"reason":"request-malformed"/g)?.length).toBeGreaterThan(2);
  });
});

describe('no secret', () => {
  test('in what was printed', () => {
    expect(leaksIn(controller.stdout)).toEqual([]);
    expect(controller.stderr).toBe('');
  });

  test('in metrics and health', async () => {
    const replies = await Promise.all(
      ['/metrics', '/readyz?verbose', '/livez', `/x?token=${SECRETS.query}`].map((path) =>
        controller.admin(path),
      ),
    );
    for (const { body, rawHeaders } of replies) {
      expect(leaksIn(body.toString() + rawHeaders.join('\n'))).toEqual([]);
    }
  });

  test('in answers of our own', () => {
    expect(leaksIn(told.join('\n'))).toEqual([]);
  });

  test('of the apps, of the proxy, of persistence in what the backend heard', () => {
    const ofOurs = ['preauth', 'retired', 'guessed', 'short', 'proxy', 'sticky'];
    const toOpen = backend.received.split('Host: ').filter((request) => request.startsWith(hostOf('chat')));
    expect(toOpen.length).toBeGreaterThan(10);
    expect(leaksIn(toOpen.join('\n')).filter((name) => ofOurs.includes(name))).toEqual([]);
    expect(leaksIn(backend.received).filter((name) => name === 'proxy' || name === 'sticky')).toEqual([]);
  });
});
