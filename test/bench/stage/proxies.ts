// The proxies that are compared, and how each is started.
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { PeerOptions } from '../peers/peer-options.ts';
import { filledIn } from './configuration-text.ts';
import { controllerCommand, NODE_FLAGS } from './controller.ts';
import { type Command, type CommandOptions, type ProxyKind, withAccessLog } from './proxy-kind.ts';

export const OURS: ProxyKind = {
  name: 'ours',
  key: 'ours',
  isOurs: true,
  hasAccessLog: false,
  command: controllerCommand,
};

export const OURS_WITH_LOG = withAccessLog(OURS, 'ours, access log on', 'oursWithAccessLog');

export const NGINX = peer('nginx', (options) =>
  installed('nginx', (file) => ({
    file,
    args: ['-e', 'stderr', '-c', configuration('nginx.conf', options)],
  })),
);

/** The library most people would reach for comes first: it is the one that must be beaten by far. */
export const PEERS: readonly ProxyKind[] = [
  nodePeer('http-proxy', new URL('../peers/http-proxy-peer.ts', import.meta.url)),
  nodePeer('node:http', new URL('../peers/node-http-peer.ts', import.meta.url)),
  peer('haproxy', (options) =>
    installed('haproxy', (file) => ({ file, args: ['-f', configuration('haproxy.cfg', options)] })),
  ),
  NGINX,
  peer('caddy', (options) =>
    installed('caddy', (file) => ({
      file,
      args: ['run', '--adapter', 'caddyfile', '--config', configuration('Caddyfile', options)],
      environment: { GOMAXPROCS: String(options.workers) },
    })),
  ),
];

function peer(name: string, command: ProxyKind['command']): ProxyKind {
  return { name, key: name, isOurs: false, hasAccessLog: false, command };
}

/** A proxy written for Node. */
function nodePeer(name: string, program: URL): ProxyKind {
  return peer(name, ({ plainPort, tlsPort, backendPort, files, hasAccessLog, folder }) => {
    const options: PeerOptions = {
      plainPort,
      tlsPort,
      backendPort,
      certificateFile: files.certificate,
      keyFile: files.key,
      accessLogFile: hasAccessLog ? join(folder, 'access.log') : undefined,
    };
    return {
      file: process.execPath,
      args: [...NODE_FLAGS, '--no-deprecation', fileURLToPath(program), JSON.stringify(options)],
    };
  });
}

/** Writes a committed configuration with the facts of this run filled in; says where. */
function configuration(name: string, options: CommandOptions): string {
  const { plainPort, tlsPort, backendPort, workers, folder, files, hasAccessLog } = options;
  const { limitPerSecond = 0 } = options;
  const template = readFileSync(new URL(`../peers/${name}`, import.meta.url), 'utf8');
  const path = join(folder, name);
  const values = {
    plainPort,
    tlsPort,
    backendPort,
    workers,
    folder,
    certificate: files.certificate,
    key: files.key,
    certificateAndKey: files.both,
    limitPerSecond,
  };
  writeFileSync(path, filledIn(template, values, { hasAccessLog, isLimited: limitPerSecond > 0 }));
  return path;
}

/** The command of a program where it is installed; Debian keeps servers where the PATH of users does not look. */
function installed(program: string, command: (file: string) => Command): Command | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const file = folders.map((folder) => join(folder, program)).find(isExecutable);
  return file === undefined ? undefined : command(file);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
