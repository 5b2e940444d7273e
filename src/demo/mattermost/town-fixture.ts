// For tests only: a town with two users and any number of nodes, all stopped together.
import type { MattermostNode, NodeOptions } from './node.ts';
import { startMattermostNode } from './node.ts';
import type { Conversation, SocketMessage } from './conversation.ts';
import type { Session, Via } from './session.ts';
import { login, openWebSocket } from './session.ts';
import type { Town, TownOptions } from './town.ts';
import { createTown } from './town.ts';

/** The users of the fixture; the first is its administrator. */
export const alice = { username: 'alice', password: 'alice-password' };
/** The second user. */
export const bob = { username: 'bob', password: 'bob-password' };

/** A town and what has been started in it. */
export type TownFixture = {
  readonly town: Town;
  start(options?: Partial<NodeOptions>): Promise<MattermostNode>;
  stop(): Promise<void>;
};

/** Makes a town with alice and bob. */
export function createTownFixture(options: Partial<TownOptions> = {}): TownFixture {
  const town = createTown({ users: [alice, bob], ...options });
  const nodes: MattermostNode[] = [];
  return {
    town,
    async start(nodeOptions = {}) {
      const node = await startMattermostNode({ town, name: `node-${nodes.length}`, ...nodeOptions });
      nodes.push(node);
      return node;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** The URL of a plain node. */
export function urlOf(node: MattermostNode): string {
  return `http://${node.address}:${node.port}`;
}

/** Logs alice in at a plain node. */
export function loginAlice(node: MattermostNode, via: Via = {}): Promise<Session> {
  return login(urlOf(node), alice, via);
}

/** Opens a WebSocket at a plain node. */
export function openSocket(
  node: MattermostNode,
  via: Via & { readonly path?: string } = {},
): Promise<Conversation> {
  return openWebSocket({ ...via, url: urlOf(node) + (via.path ?? '/api/v4/websocket') });
}

/** For `next`: the hello. */
export function isHello(message: SocketMessage): boolean {
  return message.event === 'hello';
}

/** For `next`: the reply to the action with this sequence number. */
export function isReplyTo(sequence: number): (message: SocketMessage) => boolean {
  return (message) => message.seq_reply === sequence;
}

/** For `next`: whatever comes. */
export function isAny(): boolean {
  return true;
}
