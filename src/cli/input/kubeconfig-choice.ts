// Which kubeconfig is meant by `--kubeconfig` and `--context`: where they say nothing, what kubectl would take.
import { accessSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { KubeconfigChoice } from '../../kube/kubeconfig.ts';

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** @returns undefined where nothing is said, and nothing is there */
export function chooseKubeconfig(file: string | undefined, context?: string): KubeconfigChoice | undefined {
  const chosen = context === undefined ? {} : { context };
  if (file !== undefined) return { kind: 'file', file, ...chosen };
  const { KUBERNETES_SERVICE_HOST: host = '', KUBECONFIG: usual = '' } = process.env;
  if (context === undefined && host !== '' && isThere(TOKEN_FILE)) return { kind: 'in-cluster' };
  if (usual !== '')
    return { kind: 'usual', files: usual.split(delimiter).filter((each) => each !== ''), ...chosen };
  const own = join(homedir(), '.kube', 'config');
  return isThere(own) ? { kind: 'usual', files: [own], ...chosen } : undefined;
}

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
