// Steps: who may come in. Each is a request, and the rule that must decide on it.
import { isObject } from '../mattermost/exchange.ts';
import type { Reply } from '../mattermost/session.ts';
import { ATTACKER, OFFICE, SECRET_HEADER } from '../site.ts';
import type { Scene } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';

const PING = '/api/v4/system/ping';
const REFUSED = {
  status: 403,
  rule: 'default',
  action: 'Deny',
  reason: 'admission',
  endpoint: null,
} as const;

/** As the apps demand it: the field in lower case, once, and the error in Mattermost's form. */
function expectPreauthRefusal({ rawHeaders, headers, body }: Reply): void {
  const at = rawHeaders.indexOf('x-reject-reason');
  expectSame('x-reject-reason', at < 0 ? null : rawHeaders[at + 1], 'pre-auth');
  expectSame('Content-Type', headers['content-type'], 'application/json');
  const error: unknown = JSON.parse(body.toString());
  expectSame('status in the body', isObject(error) ? error['status_code'] : error, 403);
}

function requestsAtNodes(scene: Scene): number {
  return scene.world.stage.nodes.reduce((sum, node) => sum + node.requests, 0);
}

async function askRefused(scene: Scene, secret?: string): Promise<void> {
  const before = requestsAtNodes(scene);
  const visit =
    secret === undefined
      ? { path: PING, showing: 'without the secret' }
      : { path: PING, headers: { [SECRET_HEADER]: secret }, showing: 'with a wrong secret' };
  const reply = await scene.ask(visit, REFUSED);
  expectPreauthRefusal(reply);
  expectSame('requests that reached a node', requestsAtNodes(scene) - before, 0);
}

/** The fields that arrived at the node, as `/api/v4/demo/echo` tells. */
function echoedFields({ body }: Reply): ReadonlyMap<string, unknown> {
  const echo: unknown = JSON.parse(body.toString());
  const pairs: readonly unknown[] = isObject(echo) && Array.isArray(echo['headers']) ? echo['headers'] : [];
  return new Map(pairs.filter(Array.isArray).map(([name, value]) => [String(name).toLowerCase(), value]));
}

export const admissionSteps: readonly Step<Scene>[] = [
  {
    name: 'An office client passes without the secret',
    run: async (scene) => {
      await scene.ask(
        { path: PING, from: OFFICE },
        { status: 200, rule: 'office-networks', action: 'Allow' },
      );
    },
  },
  {
    name: 'An Internet client without the secret is refused, in the words that the apps wait for',
    run: (scene) => askRefused(scene),
  },
  {
    name: 'An Internet client with the secret passes, and Mattermost gets its address but never the secret',
    run: async (scene) => {
      const visit = { path: '/api/v4/demo/echo', headers: scene.secretHeader, showing: 'with the secret' };
      const promised = { status: 200, rule: 'managed-mobile-app', action: 'Allow', secretName: 'current' };
      const reply = await scene.ask(visit, promised);
      const fields = echoedFields(reply);
      expectThat('the secret stays here', !fields.has(SECRET_HEADER.toLowerCase()));
      expectSame('X-Forwarded-For', fields.get('x-forwarded-for'), '127.0.0.1');
      expectSame('X-Forwarded-Proto', fields.get('x-forwarded-proto'), 'https');
    },
  },
  {
    name: 'A wrong secret is refused',
    run: (scene) => askRefused(scene, `${scene.world.stage.preauthSecret.slice(1)}x`),
  },
  {
    name: 'A published endpoint is open to everybody',
    run: async (scene) => {
      const { token } = await scene.world.session('alice');
      await scene.ask(
        {
          path: '/api/v4/notifications/ack',
          method: 'POST',
          headers: { Authorization: `Bearer ${token}` },
          showing: 'without the secret',
        },
        { status: 200, rule: 'published-endpoints', action: 'Allow' },
      );
    },
  },
  {
    name: 'A blocked network gets a TCP reset and nothing else',
    run: (scene) =>
      scene.askForReset({ path: PING, from: ATTACKER }, { rule: 'blocked-networks', action: 'Reset' }),
  },
  {
    name: 'Plain HTTP is redirected to https before any secret is looked at',
    run: async (scene) => {
      const visit = { path: '/login?next=%2F', scheme: 'http', headers: scene.secretHeader } as const;
      const reply = await scene.ask(visit, { status: 308, rule: null, endpoint: null });
      scene.note(`  Location: ${reply.headers.location}`);
      expectSame('Location', reply.headers.location, `${scene.world.origin()}/login?next=%2F`);
    },
  },
  {
    name: 'A host that nobody serves is unknown',
    run: async (scene) => {
      const visit = { path: '/', scheme: 'http', host: 'other.example.com', from: OFFICE } as const;
      await scene.ask(visit, { status: 404, reason: 'unknown-host', endpoint: null });
    },
  },
];
