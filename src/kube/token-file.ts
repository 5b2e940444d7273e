// `tokenFile` of a kubeconfig user: a bearer token that others replace. client-node passes the field over in silence.
import type { KubeConfig } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { get, items, string } from '../api/json-access.ts';

/**
 * Lets the current user authenticate with its token file, where it has one; as with kubectl it goes before a token.
 * client-node's own authenticator of pods does the rest: it reads the file again when what it read is 60 s old.
 * @param files the kubeconfigs, in order
 * @param parse reads YAML. Throws where a file cannot be read
 */
export function honourTokenFile(
  config: KubeConfig,
  files: readonly string[],
  parse: (text: string) => unknown,
): void {
  const user = config.getCurrentUser();
  if (user === null) return;
  const tokenFile = tokenFileOf(user.name, files, parse);
  if (tokenFile === undefined) return;
  const { token: _, ...others } = user;
  const own = { ...others, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  config.users = config.users.map((each) => (each === user ? own : each));
}

/** Relative paths start at the folder of the kubeconfig that has them; the first that knows the user counts. */
function tokenFileOf(
  user: string,
  files: readonly string[],
  parse: (text: string) => unknown,
): string | undefined {
  for (const file of files) {
    const users = items(get(parse(readFileSync(file, 'utf8')), 'users'));
    const entry = users.find((each) => get(each, 'name') === user);
    if (entry === undefined) continue;
    const tokenFile = string(get(get(entry, 'user'), 'tokenFile'));
    return tokenFile === '' ? undefined : resolve(dirname(file), tokenFile);
  }
  return undefined;
}
