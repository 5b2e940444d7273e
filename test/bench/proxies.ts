// The proxies that are compared, each one process with one worker or thread, and how each is started.
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { controllerManifests } from './peers/controller-manifests.ts';

/** Where a proxy is to listen, where its backend is, and a folder of its own. */
export type Place = { readonly listenPort: number; readonly backendPort: number; readonly folder: string };

export type Command = { readonly file: string; readonly args: readonly string[] };

export type ProxyKind = {
  readonly name: string;
  /** Its name as a key of results. */
  readonly key: string;
  readonly isOurs: boolean;
  /** How to start it there; undefined when it is not installed. */
  readonly command: (place: Place) => Command | undefined;
};

export const OURS: ProxyKind = {
  name: 'ours',
  key: 'ours',
  isOurs: true,
  command: (place) => controller(place, true),
};

export const OURS_WITHOUT_LOG: ProxyKind = {
  name: 'ours, accessLog off',
  key: 'oursWithoutAccessLog',
  isOurs: true,
  command: (place) => controller(place, false),
};

/** Room for short-lived objects, the same for everything that runs on Node. */
const NODE_FLAGS = ['--max-semi-space-size=32'];

/** The library most people would reach for comes first: it is the one that must be beaten by far. */
export const PEERS: readonly ProxyKind[] = [
  nodePeer('http-proxy', new URL('./peers/http-proxy-peer.ts', import.meta.url)),
  nodePeer('node:http', new URL('./peers/node-http-peer.ts', import.meta.url)),
  peer('haproxy', (place) => {
    const file = installed('haproxy');
    return file === undefined ? undefined : { file, args: ['-f', configuration('haproxy.cfg', place)] };
  }),
  peer('nginx', (place) => {
    const file = installed('nginx');
    return file === undefined
      ? undefined
      : { file, args: ['-e', 'stderr', '-c', configuration('nginx.conf', place)] };
  }),
];

function controller(place: Place, hasAccessLog: boolean): Command {
  const manifests = join(place.folder, 'manifests');
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'bench.yaml'), controllerManifests(place.backendPort, hasAccessLog));
  const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const flags = {
    manifests,
    'bind-address': '127.0.0.1',
    'http-port': String(place.listenPort),
    'https-port': 'off',
    'admin-address': '127.0.0.1',
    'admin-port': '0',
    workers: '1',
    'shutdown-delay': '0',
    'drain-timeout': '0',
    'log-level': 'info',
  };
  const options = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return { file: process.execPath, args: [...NODE_FLAGS, program, 'run', ...options] };
}

function peer(name: string, command: ProxyKind['command']): ProxyKind {
  return { name, key: name, isOurs: false, command };
}

/** A proxy written for Node. */
function nodePeer(name: string, program: URL): ProxyKind {
  return peer(name, ({ listenPort, backendPort }) => ({
    file: process.execPath,
    args: [
      ...NODE_FLAGS,
      '--no-deprecation',
      fileURLToPath(program),
      String(listenPort),
      String(backendPort),
    ],
  }));
}

/** Writes a committed configuration with the ports and the folder of this run; says where. */
function configuration(name: string, place: Place): string {
  const values: Readonly<Record<string, string>> = {
    listenPort: String(place.listenPort),
    backendPort: String(place.backendPort),
    folder: place.folder,
  };
  const template = readFileSync(new URL(`./peers/${name}`, import.meta.url), 'utf8');
  const path = join(place.folder, name);
  writeFileSync(
    path,
    template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? ''),
  );
  return path;
}

/** Where a program is installed; Debian keeps servers where the PATH of users does not look. */
function installed(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
