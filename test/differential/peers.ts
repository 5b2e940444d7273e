// Servers and proxies that others wrote, as second opinions: each tells which requests it understood. A proxy tells it by
// what it hands to the server behind it. What is not installed says so.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as openRequest,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import httpProxy from 'http-proxy';
import { freePort, untilServing } from '../support/ports.ts';
import { Origin, type Seen } from './origin.ts';

export type Peer = {
  readonly port: number;
  /** In the order in which they came. */
  seen(): Promise<readonly Seen[]>;
  forget(): Promise<void>;
  stop(): Promise<void>;
};

export type PeerKind = {
  readonly name: string;
  /** Why it cannot be asked; undefined where it can. */
  readonly absence: () => string | undefined;
  /** @param folder of its own */
  readonly start: (folder: string) => Promise<Peer>;
};

/** Debian keeps servers where the PATH of users does not look. */
function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A program that proxies to an origin, started with a configuration of this folder. */
function proxyProgram(
  program: string,
  template: string,
  options: (file: string) => readonly string[],
): PeerKind {
  return {
    name: program,
    absence: () =>
      find(program) === undefined ? `${program} is not installed; make bench-peers does that` : undefined,
    start: async (folder) => {
      const origin = await Origin.start();
      const port = await freePort();
      const values: Readonly<Record<string, string>> = {
        folder,
        port: String(port),
        originPort: String(origin.port),
      };
      const text = readFileSync(new URL(`./peers/${template}`, import.meta.url), 'utf8');
      const file = join(folder, template);
      writeFileSync(
        file,
        text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? ''),
      );
      const child = spawn(find(program) ?? program, options(file), {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await untilServing(program, child, [port]);
      return behind(origin, port, () => endOf(child));
    },
  };
}

function behind(origin: Origin, port: number, stopProxy: () => Promise<void>): Peer {
  return {
    port,
    seen: () => Promise.resolve(origin.seen),
    forget: () => {
      origin.seen = [];
      return Promise.resolve();
    },
    stop: async () => {
      await stopProxy();
      await origin.stop();
    },
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function listen(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

const nodeHttp: PeerKind = {
  name: 'node:http',
  absence: () => undefined,
  start: async () => {
    let seen: Seen[] = [];
    const { server, port } = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const { method = '', url = '' } = request;
        seen.push({ method, target: url, body: Buffer.concat(chunks).toString('latin1') });
        response.end('ok');
      });
    });
    return {
      port,
      seen: () => Promise.resolve(seen),
      forget: () => {
        seen = [];
        return Promise.resolve();
      },
      stop: () => close(server),
    };
  },
};

const httpProxyPeer: PeerKind = {
  name: 'http-proxy',
  absence: () => undefined,
  start: async () => {
    const origin = await Origin.start();
    const agent = new Agent({ keepAlive: true });
    const proxy = httpProxy.createProxyServer({
      target: `http://127.0.0.1:${origin.port}`,
      agent,
      xfwd: true,
      ws: false,
    });
    // One request at a time is asked here: it is the one that fails.
    let current: ServerResponse | undefined;
    proxy.on('error', () => current?.destroy());
    const { server, port } = await listen((request, response) => {
      current = response;
      proxy.web(request, response);
    });
    return behind(origin, port, async () => {
      await close(server);
      agent.destroy();
    });
  },
};

const goNetHttp: PeerKind = {
  name: 'net/http',
  absence: () =>
    spawnSync('go', ['version']).status === 0
      ? undefined
      : 'Go is not installed: its net/http cannot be asked',
  start: async (folder) => {
    const program = join(folder, 'net-http');
    const source = new URL('./peers/net-http.go', import.meta.url).pathname;
    const built = spawnSync('go', ['build', '-o', program, source], {
      encoding: 'utf8',
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'off' },
    });
    if (built.status !== 0) throw new Error(`Go builds no server: ${built.stderr}`);
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const ports = JSON.parse(line) as { readonly port: number; readonly control: number };
    const ask = async (method: string) => {
      const answer = JSON.parse(await askText(ports.control, method)) as readonly Seen[];
      return answer.map((each) => ({ ...each, body: Buffer.from(each.body, 'base64').toString('latin1') }));
    };
    return {
      port: ports.port,
      seen: () => ask('GET'),
      forget: async () => void (await ask('DELETE')),
      stop: () => endOf(child),
    };
  },
};

function askText(port: number, method: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = openRequest({ host: '127.0.0.1', port, method }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve(text));
    });
    request.on('error', reject).end();
  });
}

export const PEERS: readonly PeerKind[] = [
  proxyProgram('nginx', 'nginx.conf', (file) => ['-e', 'stderr', '-c', file]),
  proxyProgram('haproxy', 'haproxy.cfg', (file) => ['-f', file]),
  goNetHttp,
  nodeHttp,
  httpProxyPeer,
];
