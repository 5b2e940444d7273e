// TLS session tickets between replicas that share a secret, and over the change of their keys: rows S4 and S5.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { makeCertificate } from '../support/certificates.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { type Handshake, shakeHands } from '../support/tls-client.ts';

const HALF_DAY_MS = 12 * 3_600_000;
const NAMES = ['red.test', 'blue.test', 'default.test'] as const;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

let recorder: RecordingBackend;
/** Two replicas with one secret, and one that has another. */
let one: TestPlane;
let two: TestPlane;
let stranger: TestPlane;

beforeAll(async () => {
  recorder = await RecordingBackend.start(always(answer('ok')));
  const pairs = await Promise.all(['red.test', 'blue.test'].map((name) => makeCertificate(name)));
  const certificates = pairs.map(({ certificate, key }, at) => ({
    key: `chat/${String(at)}`,
    chain: certificate,
    privateKey: key,
    notAfterMs: Number.MAX_SAFE_INTEGER,
  }));
  const tls = (at: number) =>
    ({
      certificate: `chat/${String(at)}`,
      minVersion: '1.2',
      hsts: undefined,
      clientCertificate: undefined,
    }) as const;
  const wanted = configuration(
    [
      site('red.test', openSite({ tls: tls(0) })),
      site('blue.test', openSite({ tls: tls(1) })),
      site('default.test', openSite()),
    ],
    [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
    certificates,
  );
  one = await TestPlane.start(wanted, { https: true });
  two = await TestPlane.start(wanted, { https: true });
  stranger = await TestPlane.start(wanted, { https: true, ticketSecret: Buffer.alloc(48, 2) });
});
afterAll(async () => {
  await recorder.stop();
  await Promise.all([one, two, stranger].map((plane) => plane.close()));
});

type Hello = {
  readonly name: string;
  readonly version: (typeof VERSIONS)[number];
  readonly session?: Buffer;
};

function hello(plane: TestPlane, { name, version, session }: Hello): Promise<Handshake> {
  const versions = { minVersion: version, maxVersion: version };
  const resumed = session === undefined ? {} : { session };
  return shakeHands({ port: plane.httpsPort, servername: name, ...versions, ...resumed });
}

async function ticketOf(plane: TestPlane, wanted: Hello): Promise<Hello> {
  const { session, answer: text } = await hello(plane, wanted);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  if (session === undefined) throw new Error('The server gave no session');
  return { ...wanted, session };
}

/** Whether the handshake was the short one; the request is answered in any case. */
async function isResumed(plane: TestPlane, ticket: Hello): Promise<boolean> {
  const { isResumed: short, answer: text } = await hello(plane, ticket);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  return short;
}

describe.each(VERSIONS)('%s', (version) => {
  test.each(NAMES)(
    'a ticket of %s is good at each replica with the secret, and at no other',
    async (name) => {
      const ticket = await ticketOf(one, { name, version });
      expect(await isResumed(one, ticket)).toBe(true);
      expect(await isResumed(two, ticket)).toBe(true);
      expect(await isResumed(stranger, ticket)).toBe(false);
    },
  );

  test('a change of keys costs each name one full handshake, and replicas agree again after it', async () => {
    const old = await Promise.all(NAMES.map((name) => ticketOf(one, { name, version })));
    await one.advance(HALF_DAY_MS);
    for (const ticket of old) expect(await isResumed(one, ticket)).toBe(false);
    // The other replica's clock is behind: what one of them does not know costs a full handshake there, never more.
    for (const ticket of old) expect(await isResumed(two, ticket)).toBe(true);
    const fresh = await Promise.all(NAMES.map((name) => ticketOf(one, { name, version })));
    for (const ticket of fresh) expect(await isResumed(one, ticket)).toBe(true);
    for (const ticket of fresh) expect(await isResumed(two, ticket)).toBe(false);
    await two.advance(HALF_DAY_MS);
    for (const ticket of old) expect(await isResumed(two, ticket)).toBe(false);
    for (const ticket of fresh) expect(await isResumed(two, ticket)).toBe(true);
  });
});

describe('S1 a session before TLS 1.3 goes by the name it was made under', () => {
  const version = 'TLSv1.2';

  test.each([
    ['another site', 'red.test', 'blue.test', 421],
    ['its own', 'red.test', 'red.test', 200],
    ['a site without TLS of its own', 'red.test', 'default.test', 421],
    ['the name of the default certificate, then another', 'default.test', 'red.test', 421],
  ])('when resumed, for %s', async (_, name, host, status) => {
    const ticket = await ticketOf(one, { name, version });
    const resumed = await shakeHands(
      {
        port: one.httpsPort,
        servername: name,
        minVersion: version,
        maxVersion: version,
        session: ticket.session,
      },
      host,
    );
    expect(resumed.isResumed).toBe(true);
    expect(resumed.answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
  });

  test('without a name it has the default policy, resumed or not', async () => {
    const first = await shakeHands(
      { port: one.httpsPort, servername: '', maxVersion: version },
      'default.test',
    );
    expect(first.answer).toMatch(/^HTTP\/1\.1 200 /);
    const again = await shakeHands(
      { port: one.httpsPort, servername: '', maxVersion: version, session: first.session },
      'red.test',
    );
    expect(again.isResumed).toBe(true);
    expect(again.answer).toMatch(/^HTTP\/1\.1 421 /);
  });
});
