// Runs one fake Mattermost node as a process of its own (a pod, a test that kills it). Prints one JSON line with its
// address when it listens, stops on SIGTERM and SIGINT as a real server does, exits 0.
import { parseArgs } from 'node:util';
import { messageOf } from '../model/error-message.ts';
import { startMattermostNode } from './mattermost/node.ts';
import { createTown } from './mattermost/town.ts';
import type { Account } from './mattermost/users.ts';

const usage = `Usage: node node-process.ts [options]
  --name NAME            node name, default the host name
  --address ADDRESS      default 127.0.0.1
  --port PORT            default 8065; 0 = any free one
  --user NAME:PASSWORD   an account, repeatable; default admin:admin and user:user
  --secret TEXT          same for all nodes of a town, so that they accept each other's sessions
  --site-url URL         SiteURL; --subpath PATH when it differs from its path
`;

function readOptions(): ReturnType<typeof parseOptions> | undefined {
  try {
    return parseOptions();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${usage}`);
    return undefined;
  }
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: process.env['HOSTNAME'] ?? 'mattermost' },
      address: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8065' },
      user: { type: 'string', multiple: true, default: ['admin:admin', 'user:user'] },
      secret: { type: 'string' },
      'site-url': { type: 'string' },
      subpath: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`Port ${values.port} is not 0 to 65535`);
  return { ...values, port, users: values.user.map(parseAccount) };
}

function parseAccount(text: string): Account {
  const [, username, password] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (username === undefined || password === undefined) {
    throw new Error(`User ${JSON.stringify(text)} is not NAME:PASSWORD`);
  }
  return { username, password };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return void (process.exitCode = 2);
  const { name, address, port, users, secret, subpath, 'site-url': siteUrl } = options;
  const node = await startMattermostNode({
    town: createTown({ users, ...(secret === undefined ? {} : { secret }) }),
    name,
    address,
    port,
    ...(siteUrl === undefined ? {} : { siteUrl }),
    ...(subpath === undefined ? {} : { subpath }),
  });
  const stop = (): void => void node.stop();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ name, address, port: node.port })}\n`);
}

await main();
