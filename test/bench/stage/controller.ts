// How our own controller is started for a benchmark.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { controllerManifests } from '../peers/controller-manifests.ts';
import type { Command, CommandOptions } from './proxy-kind.ts';

/** Room for short-lived objects, the same for everything that runs on Node. */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=32'];

export const PROGRAM = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

export type ControllerPlace = Pick<CommandOptions, 'plainPort' | 'tlsPort' | 'workers'>;

export function controllerCommand(options: CommandOptions): Command {
  const manifests = join(options.folder, 'manifests');
  mkdirSync(manifests, { recursive: true });
  writeFileSync(join(manifests, 'bench.yaml'), controllerManifests(options));
  return runCommand(manifests, options);
}

/** The controller on any folder of manifests. */
export function runCommand(manifests: string, place: ControllerPlace): Command {
  const flags = {
    manifests,
    'bind-address': '127.0.0.1',
    'http-port': String(place.plainPort),
    'https-port': String(place.tlsPort),
    'admin-address': '127.0.0.1',
    'admin-port': '0',
    workers: String(place.workers),
    'shutdown-delay': '0',
    'drain-timeout': '0',
    'log-level': 'info',
  };
  const options = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return { file: process.execPath, args: [...NODE_FLAGS, PROGRAM, 'run', ...options] };
}
