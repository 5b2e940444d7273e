// How our own controller is started for a benchmark.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { controllerManifests } from '../peers/controller-manifests.ts';
import type { Command, CommandOptions } from './proxy-kind.ts';

/** Room for short-lived objects, the same for everything that runs on Node. */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=32'];

const PROGRAM = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const FLAGS = {
  'bind-address': '127.0.0.1',
  'http-port': '0',
  'https-port': '0',
  'admin-address': '127.0.0.1',
  'admin-port': '0',
};

export function controllerCommand(options: CommandOptions): Command {
  const manifests = join(options.folder, 'manifests');
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'bench.yaml'), controllerManifests(options));
  return runCommand({
    manifests,
    'http-port': String(options.plainPort),
    'https-port': String(options.tlsPort),
    workers: String(options.workers),
    'shutdown-delay': '0',
    'drain-timeout': '0',
  });
}

/** @param flags of `run`, without dashes; ports that are not told are free ones */
export function runCommand(flags: Readonly<Record<string, string>>): Command {
  const all = { ...FLAGS, ...flags };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  return { file: process.execPath, args: [...NODE_FLAGS, PROGRAM, 'run', ...options] };
}
