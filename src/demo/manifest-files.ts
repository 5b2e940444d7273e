// The demo's folder of manifests: made from the templates in manifests/, then edited live by people and by the tour.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DemoCertificate } from './certificate.ts';

/** What the templates leave open. */
export type ManifestValues = {
  /** Port of each node by its name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly preauthSecret: string;
  readonly certificate: DemoCertificate;
};

const SECRET_PLACEHOLDER = 'replace-with-a-random-secret';
const NODE_PORT = /\bport: 8065(\S* # (\S+))$/gm;

/** Copies the templates with the values filled in, and adds the Secret of the certificate. */
export async function writeManifests(
  templates: string,
  directory: string,
  values: ManifestValues,
): Promise<void> {
  for (const name of await readdir(templates)) {
    const template = await readFile(join(templates, name), 'utf8');
    await writeFile(join(directory, name), fillTemplate(template, values));
  }
  await writeFile(join(directory, 'tls.yaml'), tlsSecret(values.certificate));
}

/** A node's port stands where a template says `port: 8065` on a line that ends in `# <name of the node>`. */
export function fillTemplate(template: string, { ports, preauthSecret }: ManifestValues): string {
  return template
    .replaceAll(SECRET_PLACEHOLDER, preauthSecret)
    .replaceAll(NODE_PORT, (line, rest: string, node: string) => {
      const port = ports.get(node);
      return port === undefined ? line : `port: ${port}${rest}`;
    });
}

function tlsSecret({ chain, privateKey }: DemoCertificate): string {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'chat-tls', namespace: 'mattermost' },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': chain, 'tls.key': privateKey },
  };
  return `# The certificate of the site, made for this run.\n${stringify(secret)}`;
}

/**
 * Saves a changed file in the way of a plain editor, and returns what it held before.
 * Rejects where the change changes nothing: somebody else has edited the file.
 */
export async function editManifest(file: string, change: (text: string) => string): Promise<string> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Nothing to change was found in ${file}`);
  await writeFile(file, after);
  return before;
}
