// 200 people with WebSockets who come back as Mattermost's clients do, and steady requests beside them: what something
// that is done to the cluster costs them.
import { Agent } from 'node:https';
import { login, type Reply } from '../../src/demo/mattermost/session.ts';
import { USERS } from '../../src/demo/site.ts';
import { chanceOf } from '../chaos/chance.ts';
import { Crowd, type Door, type Loss } from '../chaos/crowd.ts';
import type { Visitor } from './entrance.ts';
import { CHAT_HOST, SPREAD_HOST } from './mattermost-objects.ts';
import { nodeNames } from './scene.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { until } from './until.ts';

export type Figures = {
  readonly what: string;
  readonly seconds: number;
  /** Requests, and what went wrong with some. */
  readonly sent: number;
  readonly failures: readonly string[];
  readonly losses: readonly Loss[];
  readonly returnsMs: readonly number[];
  /** Handshakes that failed. */
  readonly refusals: number;
  /** Returns after which a client reads everything anew. */
  readonly resyncs: number;
};

export const CLIENTS = 200;
/** Of Mattermost's clients. */
const RECONNECT_MS = [3_000, 5_000] as const;
/** Of all waits of the clients; none of them decides what is measured. */
const SEED = 1;
const MAX_SOCKETS = 20;
/** The longest a client is kept, and some to come back. */
const SETTLE_MS = 60_000;

export class Audience {
  readonly #visitor: Visitor;
  readonly #crowd: Crowd;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  #sent = 0;

  private constructor(visitor: Visitor, crowd: Crowd) {
    this.#visitor = visitor;
    this.#crowd = crowd;
  }

  /** Resolves when all have come in. */
  static async gather(visitor: Visitor): Promise<Audience> {
    const door: Door = {
      login: async () => (await login(`https://${CHAT_HOST}`, USERS.alice, visitor.via(true))).token,
      open: (path, cookies) => visitor.open({ Cookie: cookies }, path),
    };
    const options = { clients: CLIENTS, reconnectMs: RECONNECT_MS };
    const audience = new Audience(visitor, await Crowd.gather(door, chanceOf(SEED), options));
    await audience.settled();
    return audience;
  }

  /** Does something to the cluster, waits until all are settled, and says what it cost. */
  async during(what: string, act: () => Promise<unknown>): Promise<Figures> {
    const { losses, returnsMs, refusals, hellos } = this.#crowd;
    const before = { losses: losses.length, returns: returnsMs.length, refusals, hellos };
    const startMs = performance.now();
    const traffic = new SteadyTraffic(() => this.#send());
    await act();
    await this.settled();
    const seconds = (performance.now() - startMs) / 1000;
    const { sent, failures } = await traffic.stop();
    return {
      what,
      seconds,
      sent,
      failures,
      losses: losses.slice(before.losses),
      returnsMs: returnsMs.slice(before.returns),
      refusals: this.#crowd.refusals - before.refusals,
      resyncs: this.#crowd.hellos - before.hellos,
    };
  }

  async leave(): Promise<void> {
    await this.#crowd.stop();
    this.#agent.destroy();
  }

  /** New connections and kept ones, to any node and to one's own, what may be repeated and what may not, in turn. */
  async #send(): Promise<Reply> {
    const turn = this.#sent++;
    const way = turn % 2 === 0 ? { host: SPREAD_HOST } : { agent: this.#agent };
    const method = turn % 4 < 2 ? 'GET' : 'POST';
    const what = method === 'GET' ? {} : { path: '/api/v4/demo/echo', body: 'once' };
    const reply = await this.#visitor.get({ ...way, ...what, method });
    if (reply.status === 200) return reply;
    throw new Error(`${method} ${reply.status} ${reply.body.toString().slice(0, 200)}`);
  }

  /** Resolves when all are there, and nobody at a pod that is going or gone: the controller keeps those for their turn. */
  async settled(): Promise<void> {
    await until(async () => {
      const { online, nodes } = this.#crowd;
      if (online < CLIENTS) throw new Error(`${online} of ${CLIENTS} WebSockets are open`);
      const staying = await nodeNames();
      const left = [...nodes].filter((node) => !staying.includes(node));
      if (left.length > 0) throw new Error(`WebSockets are still open at ${left.join(', ')}`);
    }, SETTLE_MS);
  }
}
