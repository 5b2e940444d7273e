// Several clients that ask without a pause while something happens, each with a cookie jar of its own.
import { OFFICE } from '../site.ts';
import type { Scene } from './scene.ts';
import { expectSame, expectThat } from './step.ts';
import { until } from './waiting.ts';
import { stickyValueOf } from './world.ts';

/** One request: who answered it, or why nobody did. */
type Trip = { readonly outcome: string; readonly node: string; readonly hasNewCookie: boolean };

const CLIENTS = 4;
const MIN_TRIPS = 20;

/**
 * Sends requests with the cookie of a node before, during and after it is taken away. Sees that none failed, and that
 * each client went elsewhere once, with a new cookie.
 */
export async function withTraffic(scene: Scene, node: string, happen: () => Promise<void>): Promise<void> {
  const trips: Trip[] = [];
  const stop = new AbortController();
  const sticky = await scene.world.stickyValue(node);
  const clients = Array.from({ length: CLIENTS }, () =>
    travel(scene, sticky, { trips, signal: stop.signal }),
  );
  try {
    await until('requests before', () => trips.length >= MIN_TRIPS);
    expectSame('nodes before', nodesOf(trips), [node]);
    await happen();
    const happened = trips.length;
    await until('requests after', () => trips.length >= happened + MIN_TRIPS);
  } finally {
    stop.abort();
    await Promise.all(clients);
  }
  const failures = trips.filter(({ outcome }) => outcome !== '200').map(({ outcome }) => outcome);
  const last = nodesOf(trips.slice(-CLIENTS));
  const newCookies = trips.filter(({ hasNewCookie }) => hasNewCookie).length;
  scene.note(`${trips.length} x GET /api/v4/users/me of ${CLIENTS} clients on ${node}, all the while`);
  scene.note(
    `  ${failures.length} failed | in the end on ${last.join(', ')}, with ${newCookies} new cookies`,
  );
  expectSame('requests that failed', failures, []);
  expectThat(`nobody is left on ${node}`, !last.includes(node));
  expectSame('new cookies', newCookies, CLIENTS);
}

async function travel(
  scene: Scene,
  firstSticky: string,
  { trips, signal }: { readonly trips: Trip[]; readonly signal: AbortSignal },
): Promise<void> {
  const { token } = await scene.world.session('alice');
  let sticky = firstSticky;
  while (!signal.aborted) {
    const headers = { Cookie: `MMSTICKY=${sticky}`, Authorization: `Bearer ${token}` };
    try {
      const { reply } = await scene.send({ path: '/api/v4/users/me', from: OFFICE, headers });
      const next = stickyValueOf(reply.headers['set-cookie']);
      trips.push({ outcome: String(reply.status), node: reply.node, hasNewCookie: next !== undefined });
      sticky = next ?? sticky;
    } catch (error) {
      trips.push({ outcome: String(error), node: '', hasNewCookie: false });
    }
    scene.progress(`${trips.length} requests`);
  }
}

function nodesOf(trips: readonly Trip[]): readonly string[] {
  return [...new Set(trips.map(({ node }) => node))].toSorted();
}
