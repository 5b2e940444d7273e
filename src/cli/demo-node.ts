// `demo --node`: one fake Mattermost node and nothing else, as a pod of a cluster where the controller is tried out.
import { hostname } from 'node:os';
import process from 'node:process';
import { type MattermostNode, startMattermostNode } from '../demo/mattermost/node.ts';
import { createTown } from '../demo/mattermost/town.ts';
import { USERS } from '../demo/site.ts';
import { nextSignal } from './run.ts';

export type DemoNodeOptions = {
  /** IP address and port to listen at, `[ADDRESS]:PORT` for IPv6. */
  readonly listen: string;
  /** Nodes with the same one accept each other's sessions. */
  readonly secret: string;
};

/**
 * Serves until SIGTERM or SIGINT, then ends as a Mattermost server does: it refuses at once and cuts its WebSockets.
 * Its name is that of the host, which is the pod's. Rejects where the address cannot be bound.
 * @returns the exit code
 */
export async function serveDemoNode({ listen, secret }: DemoNodeOptions): Promise<number> {
  const signal = nextSignal();
  const { address, port } = parseListen(listen);
  const town = createTown({ users: Object.values(USERS), secret });
  const node = await startMattermostNode({ town, name: hostname(), address, port });
  say(node, 'listening');
  say(node, `stopping on ${await signal}`);
  await node.stop();
  return 0;
}

function parseListen(text: string): { readonly address: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined || Number(port) > 65_535) {
    throw new Error(
      `--listen ${JSON.stringify(text)}: must be ADDRESS:PORT, such as 0.0.0.0:8065 or [::]:8065`,
    );
  }
  return { address, port: Number(port) };
}

function say({ name, address, port, sockets }: MattermostNode, msg: string): void {
  process.stdout.write(`${JSON.stringify({ name, address, port, sockets, msg })}\n`);
}
