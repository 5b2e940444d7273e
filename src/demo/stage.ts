// All of the demo but the controller: a folder with manifests, certificate and log, and three Mattermost nodes.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCertificate } from './certificate.ts';
import { Crew } from './crew.ts';
import { Journal } from './journal.ts';
import { writeManifests } from './manifest-files.ts';
import type { MattermostNode } from './mattermost/node.ts';
import { createTown, type Town } from './mattermost/town.ts';
import { LOOPBACK, SITE_HOST, USERS } from './site.ts';

const NODE_NAMES = ['node-1', 'node-2', 'node-3'] as const;

/** The manifests a stage is made from unless it is told otherwise. */
export const TEMPLATES = fileURLToPath(new URL('./manifests', import.meta.url));

export type Stage = {
  readonly folder: string;
  /** The folder that the controller serves from; its files may be edited. */
  readonly manifests: string;
  readonly authorityFile: string;
  readonly logFile: string;
  /** PEM of the authority that signed the site's certificate. */
  readonly authority: string;
  readonly privateKey: string;
  readonly preauthSecret: string;
  readonly journal: Journal;
  readonly town: Town;
  readonly crew: Crew;
  readonly nodes: readonly MattermostNode[];
  /** Stops the nodes. */
  close(): Promise<void>;
};

/**
 * Starts the nodes and fills the folder.
 * @param templates folder of manifests in which the demo fills in ports and secret
 */
export async function createStage(folder: string, templates: string): Promise<Stage> {
  const town = createTown({ users: Object.values(USERS) });
  const crew = await Crew.gather(town, NODE_NAMES);
  const manifests = join(folder, 'manifests');
  const authorityFile = join(folder, 'ca.crt');
  const logFile = join(folder, 'controller.log');
  const certificate = await generateCertificate(SITE_HOST, Date.now());
  const preauthSecret = makeSecret();
  await mkdir(manifests);
  await writeFile(authorityFile, certificate.authority);
  await writeManifests(templates, manifests, {
    ports: new Map(crew.nodes.map(({ name, port }) => [name, port])),
    preauthSecret,
    certificate,
  });
  return {
    folder,
    manifests,
    authorityFile,
    logFile,
    authority: certificate.authority,
    privateKey: certificate.privateKey,
    preauthSecret,
    journal: new Journal(logFile),
    town,
    crew,
    get nodes() {
      return crew.nodes;
    },
    close: () => crew.stopAll(),
  };
}

/** As Mattermost's documentation makes one: `openssl rand -base64 32`. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64');
}

/** A port that was free a moment ago, for what must be known before it is bound. */
export async function findFreePort(): Promise<number> {
  const server = await listen(LOOPBACK);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Those of the addresses that this machine cannot use: only Linux has all of 127.0.0.0/8 without being asked. */
export async function findMissing(addresses: readonly string[]): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const address of addresses) {
    try {
      const server = await listen(address);
      server.close();
    } catch {
      missing.push(address);
    }
  }
  return missing;
}

function listen(address: string) {
  const server = createServer();
  return new Promise<typeof server>((resolve, reject) => {
    server.once('error', reject).listen(0, address, () => resolve(server));
  });
}
