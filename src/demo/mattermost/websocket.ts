// The WebSocket endpoint of a node: the 101, and which connection a client returns to. READ FIRST for WebSockets.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Hub } from './hub.ts';
import { isId } from './ids.ts';
import type { LoginSession } from './login-sessions.ts';
import type { NodeContext } from './node-context.ts';
import { nodeHeader } from './node-context.ts';
import { parseTarget } from './request-target.ts';
import type { UpgradeVerdict } from './upgrade.ts';
import { judgeUpgrade } from './upgrade.ts';
import type { Return } from './web-connection.ts';
import { WebConnection } from './web-connection.ts';

/** Mattermost's SocketMaxMessageSizeKb: a longer message ends in close code 1009. */
const maxMessageBytes = 8 * 1024;

/** The endpoint, as `node:http` needs it. */
export type WebSocketEndpoint = {
  /** Whether the request leaves HTTP; anything else is answered as an ordinary request. */
  isUpgrade(request: IncomingMessage): boolean;
  /** Answers 101 and serves the socket. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
};

function judge(node: NodeContext, request: IncomingMessage): UpgradeVerdict {
  const target = parseTarget(request.url ?? '');
  if (target === undefined || target.path !== target.cleanPath) return { kind: 'pass' };
  return judgeUpgrade(node, request, target);
}

/**
 * Which connection a client returns to. `impossible` is a request no client makes: an id of the wrong shape, or a
 * known id without a sequence number.
 */
function findReturn(hub: Hub, session: LoginSession, query: URLSearchParams): Return | 'new' | 'impossible' {
  const id = query.get('connection_id') ?? '';
  if (id === '') return 'new';
  if (!isId(id)) return 'impossible';
  const broken = hub.takeBroken(session.user.id, id);
  if (broken === undefined) return 'new';
  const sequence = query.get('sequence_number') ?? '';
  if (!/^\d{1,15}$/.test(sequence)) return 'impossible';
  return { id, queue: broken.queue, sequence: Number(sequence) };
}

/** Makes the endpoint of a node. */
export function createWebSocketEndpoint(node: NodeContext, hub: Hub): WebSocketEndpoint {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => false,
  });
  server.on('headers', (headers) => headers.push(`${nodeHeader}: ${node.name}`));
  const serve = (socket: WebSocket, session: LoginSession | undefined, query: URLSearchParams): void => {
    const connection = new WebConnection(node, hub, socket);
    const returned = session === undefined ? 'new' : findReturn(hub, session, query);
    if (returned === 'impossible') return connection.cut();
    hub.enter(connection);
    connection.start(session, returned === 'new' ? undefined : returned);
  };
  return {
    isUpgrade: (request) => judge(node, request).kind === 'accept',
    accept(request, socket, head) {
      const verdict = judge(node, request);
      if (verdict.kind !== 'accept') return void socket.destroy();
      const query = parseTarget(request.url ?? '')?.query ?? new URLSearchParams();
      server.handleUpgrade(request, socket, head, (upgraded) => serve(upgraded, verdict.session, query));
    },
  };
}
