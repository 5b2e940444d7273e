// The guides that say which requests pass, held to it: each policy in a running controller, each row of its table sent
// to it over TLS, from the address it names by a PROXY header.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate, makeClientCertificate, type Pair } from '../support/certificates.ts';
import { errorsOf } from '../support/checked.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { shownAnswer } from '../support/guide.ts';
import {
  type Manifest,
  secret,
  service,
  site,
  slices,
  tlsSecret,
  yamlOf,
} from '../support/manifest-builders.ts';
import { proxyV1 } from '../support/proxy-headers.ts';
import { HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { type Claim, recipesOf } from '../support/recipes.ts';
import { ALICE, Scene } from '../support/scene.ts';

const NAMESPACE = 'mattermost';
const SECRET = 'a secret of the guide, made for its test';
const MADE_UP = 'abcdefghijklmnopqrstuvwx01';

type Sent = { readonly headers?: Readonly<Record<string, string>>; readonly identity?: Pair };

const scene = new Scene();
/** What the words in the column Sends stand for. */
const words = new Map<string, Sent>();
/** Ports of the nodes, by the path below which they live. */
const nodePorts = new Map<string, number>();
let controller: ControllerProcess;

beforeAll(async () => {
  const [top, below] = await Promise.all([scene.node('node'), scene.node('below', { subpath: '/chat' })]);
  nodePorts.set('/', top.port).set('/chat', below.port);
  const [authority, stranger] = await Promise.all([makeCertificate('devices'), makeCertificate('others')]);
  await learnWords(`http://127.0.0.1:${top.port}`, authority, stranger);
  controller = await scene.controller({
    flags: { 'proxy-protocol-from': '127.0.0.0/8' },
    objects: [
      service('mattermost'),
      secret('preauth', { current: SECRET }),
      tlsSecret('chat-tls', await makeCertificate('chat.example.com', 'www.example.com')),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'devices' },
        data: { 'ca.crt': authority.certificate },
      },
    ].map(inNamespace),
  });
});
afterAll(() => scene.end());

async function learnWords(node: string, authority: Pair, stranger: Pair): Promise<void> {
  const { token, cookieHeader } = await login(node, ALICE);
  const header = 'X-Mattermost-Preauth-Secret';
  const cookies = `MMAUTHTOKEN=${MADE_UP}; MMUSERID=${MADE_UP}`;
  words
    .set('secret', { headers: { [header]: SECRET } })
    .set('wrong secret', { headers: { [header]: `${SECRET}!` } })
    .set('session', { headers: { Cookie: cookieHeader } })
    .set('made-up cookies', { headers: { Cookie: cookies } })
    .set('token', { headers: { Authorization: `Bearer ${token}` } })
    .set('made-up token', { headers: { Authorization: `Bearer ${MADE_UP}` } })
    .set('device certificate', { identity: await makeClientCertificate('phone', authority) })
    .set('foreign certificate', { identity: await makeClientCertificate('phone', stranger) });
}

function inNamespace(object: Manifest): Manifest {
  return { ...object, metadata: { ...(object['metadata'] as Manifest), namespace: NAMESPACE } };
}

let asked = 0;

/** Sends what the row describes; tells what came back and what the log says of it. */
async function ask(claim: Claim, host: string) {
  const sent = claim.sends.map(meaningOf);
  const [word = '', path = ''] = claim.request.split(' ');
  const isWebSocket = word === 'WebSocket';
  const requestId = `guide-${(asked += 1)}`;
  const own = isWebSocket ? HANDSHAKE : { Connection: 'close' };
  const body = word === 'POST' ? { 'Content-Length': '0' } : {};
  const headers = Object.assign({}, own, body, ...sent.map((each) => each.headers ?? {}));
  const connection = connectFrom(claim.client, host, sent.find(({ identity }) => identity)?.identity);
  connection.send(
    requestText(`${isWebSocket ? 'GET' : word} ${path}`, host, { ...headers, 'X-Request-ID': requestId }),
  );
  const head = await connection.until((text) => text.includes('\r\n\r\n'));
  const line = await controller.logged({ requestId });
  connection.socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d+)/u.exec(head)?.[1]), line };
}

function meaningOf(word: string): Sent {
  const meaning = words.get(word);
  if (meaning === undefined) throw new Error(`Nobody explains what "${word}" is`);
  return meaning;
}

function connectFrom(client: string, host: string, identity: Pair | undefined): RawConnection {
  const { port } = controller.raw({ serverName: host });
  const tcp = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const family = client.includes(':') ? ['TCP6', '2001:db8::1'] : ['TCP4', '203.0.113.1'];
  tcp.write(proxyV1(`PROXY ${family[0]} ${client} ${family[1]} 40000 443`));
  return new RawConnection({ port, tcp, serverName: host, identity });
}

const FILES = ['cookbook.md', 'preauthentication.md'];

function guide(file: string): string {
  return readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
}

/** Puts a policy of a guide in the place of the one before. @param more objects that make it another file */
async function serve(policy: string, path: string, more: readonly Manifest[] = []): Promise<void> {
  const port = nodePorts.get(path) ?? 0;
  const endpoints = slices('mattermost', [{ name: 'node', port }]).map(inNamespace);
  controller.write('guide.yaml', `${policy}---\n${yamlOf(...endpoints, ...more)}`);
  await controller.settled();
}

describe.each(FILES)('%s', (file) => {
  const recipes = recipesOf(guide(file));

  describe.each(recipes)('$name', ({ policy, claims }) => {
    const { hosts, path = '/' } = parse(policy).spec.route as { hosts: readonly string[]; path?: string };

    beforeAll(() => serve(policy, path));

    test('holds for an Ingress, too', () => {
      const whole = parse(policy) as { readonly spec: object };
      const { route: _, ...spec } = whole.spec as Manifest;
      const targetRefs = [{ group: 'networking.k8s.io', kind: 'Ingress', name: 'chat' }];
      expect(errorsOf(yamlOf({ ...whole, spec: { targetRefs, ...spec } }))).toEqual([]);
    });

    test.each(claims)('$request from $client with $sends: $answer', async (claim) => {
      const { status, line } = await ask(claim, hosts[0] ?? '');
      expect(status).toBe(line['status']);
      const passed = line['reason'] === undefined && line['endpoint'] !== undefined;
      const refused = `${status} ${String(line['reason'])}`;
      expect({
        client: line['client'],
        answer: passed ? (status === 101 ? 'opens' : 'passes') : refused,
        rule: line['rule'],
      }).toEqual({ client: claim.client, answer: claim.answer, rule: claim.rule });
    });
  });
});

describe('under the policy of the last section', () => {
  // It may be in force, or another one, or none where these tests run alone: another site makes a change of it.
  beforeAll(async () => {
    const last = recipesOf(guide('preauthentication.md')).at(-1)?.policy ?? '';
    await serve(last, '/', site('beside', []));
  });

  test.each([
    [0, '/api/v4/system/ping'],
    [1, '/'],
  ] as const)('answer %i of the guide to pre-authentication is the one to a refused %s', async (at, path) => {
    const connection = connectFrom('203.0.113.9', 'chat.example.com', undefined);
    connection.send(requestText(`GET ${path}`, 'chat.example.com', { Connection: 'close' }));
    await connection.ended();
    expect(connection.received).toMatch(shownAnswer(guide('preauthentication.md'), at));
  });

  test('the cookie of the guide to persistence is the one that a client gets', async () => {
    const connection = connectFrom('203.0.113.9', 'chat.example.com', undefined);
    const headers = { ...meaningOf('secret').headers, Connection: 'close' };
    connection.send(requestText('GET /api/v4/system/ping', 'chat.example.com', headers));
    await connection.ended();
    expect(connection.received).toMatch(shownAnswer(guide('persistence.md'), 0));
  });
});
