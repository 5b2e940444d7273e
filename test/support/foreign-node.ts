// Nodes on servers that no one here wrote, as processes: what they do with connections when they end is their own way.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, untilServing } from './ports.ts';
import type { EndpointPlace } from './manifest-builders.ts';

export type ForeignNode = {
  readonly place: EndpointPlace;
  /** Ends it as a kubelet does; it may take its time. */
  terminate(): Promise<void>;
  stop(): Promise<void>;
};

/** @property home of all nodes of a test */
type Site = { readonly home: string; readonly name: string; readonly port: number };

export type ForeignKind = {
  readonly name: string;
  /** Asks whether it is installed. */
  readonly probe: readonly [program: string, ...args: string[]];
  /** What is needed once before any is started. */
  readonly build?: (home: string) => void;
  readonly command: (site: Site) => readonly [program: string, ...args: string[]];
  readonly signal: NodeJS.Signals;
  /** It does not wait for idle connections to run out. */
  readonly endsSoon: boolean;
};

const NODE_HTTP = fileURLToPath(new URL('./foreign/http-server.ts', import.meta.url));
const NET_HTTP = fileURLToPath(new URL('./foreign/net-http.go', import.meta.url));
const NGINX = new URL('./foreign/nginx.conf', import.meta.url);

function nodeHttp(name: string, flag = ''): ForeignKind {
  return {
    name,
    probe: [process.execPath, '--version'],
    command: ({ port }) => [process.execPath, NODE_HTTP, String(port), flag],
    signal: 'SIGTERM',
    endsSoon: flag === '--abrupt',
  };
}

function nginx(name: string, signal: NodeJS.Signals): ForeignKind {
  return {
    name,
    probe: ['/usr/sbin/nginx', '-v'],
    command: ({ home, name: node, port }) => {
      const folder = join(home, node);
      const values: Readonly<Record<string, string>> = { folder, name: node, port: String(port) };
      const text = readFileSync(NGINX, 'utf8');
      const file = join(folder, 'nginx.conf');
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        file,
        text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? ''),
      );
      return ['/usr/sbin/nginx', '-p', folder, '-c', file];
    },
    signal,
    endsSoon: true,
  };
}

const goHttp: ForeignKind = {
  name: 'net/http of Go',
  probe: ['go', 'version'],
  build: (home) => {
    const { status, stderr } = spawnSync('go', ['build', '-o', join(home, 'server'), NET_HTTP], {
      encoding: 'utf8',
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'off' },
    });
    if (status !== 0) throw new Error(`Go builds no server: ${stderr}`);
  },
  command: ({ home, port }) => [join(home, 'server'), String(port)],
  signal: 'SIGTERM',
  endsSoon: true,
};

export const foreignKinds: readonly ForeignKind[] = [
  nodeHttp('node:http'),
  nodeHttp('node:http that exits at once', '--abrupt'),
  nodeHttp('node:http that listens before it is ready', '--late'),
  goHttp,
  nginx('nginx in good order', 'SIGQUIT'),
  nginx('nginx at once', 'SIGTERM'),
];

export class ForeignNodes {
  readonly #kind: ForeignKind;
  readonly #home = mkdtempSync(join(tmpdir(), 'foreign-'));
  readonly #nodes: ForeignNode[] = [];

  constructor(kind: ForeignKind) {
    this.#kind = kind;
    kind.build?.(this.#home);
  }

  /** Why there are none; undefined where there are. */
  static absence({ name, probe: [program, ...args] }: ForeignKind): string | undefined {
    return spawnSync(program, args).status === 0 ? undefined : `${program} is not there for ${name}`;
  }

  async start(name: string): Promise<ForeignNode> {
    const port = await freePort();
    const [program, ...args] = this.#kind.command({ home: this.#home, name, port });
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_NAME: name },
    });
    const exited = once(child, 'exit');
    await untilServing(name, child, [port]);
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await exited;
    };
    const node = {
      place: { name, port },
      terminate: () => end(this.#kind.signal),
      // Of several processes the first one ends the others.
      stop: () => end('SIGTERM'),
    };
    this.#nodes.push(node);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    rmSync(this.#home, { recursive: true, force: true });
  }
}
