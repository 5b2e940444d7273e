// What is running: the version of package.json, and the commit that the image was built from.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export const VERSION: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';

/** Written by the build of the image; elsewhere the commit is not known. */
export const REVISION: string = readRevision(new URL('../../revision', import.meta.url));

/** What `--version` prints. */
export function versionLine(name: string): string {
  const { version: node, platform, arch } = process;
  const commit = REVISION === 'unknown' ? [] : [`commit ${REVISION}`];
  return `${name} ${VERSION} (${[...commit, `Node ${node}`, `${platform}-${arch}`].join(', ')})`;
}

function readRevision(file: URL): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
