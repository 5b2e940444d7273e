// How the API server is reached and what it is shown: from a kubeconfig file or from what a pod is given.
// client-node reads and authenticates; it is loaded only here and only when needed, as it takes 60 MB and half a second.
import type { KubeConfig } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { messageOf } from '../model/error-message.ts';
import { honourTokenFile } from './token-file.ts';
import { ApiFailure } from './api-failure.ts';

/**
 * Where the configuration comes from. `usual` is what kubectl would take: the files of KUBECONFIG, or ~/.kube/config.
 * Without `context` the current one holds.
 */
export type KubeconfigChoice =
  | { readonly kind: 'file'; readonly file: string; readonly context?: string }
  | { readonly kind: 'in-cluster'; readonly root?: string }
  | { readonly kind: 'usual'; readonly files: readonly string[]; readonly context?: string };

/** TLS as node:tls takes it. */
export type ApiTls = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};

/** What one request needs; files are read again for each, so that rotated ones are noticed. */
export type ApiAccess = {
  readonly tls: ApiTls;
  /** Changes when `tls` does. */
  readonly tlsDigest: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type ApiCredentials = {
  /** Without a slash at the end. */
  readonly server: string;
  /** Of the kubeconfig; absent where there is none. */
  readonly context?: string;
  /** One question for all who ask at once, as it may start a helper. Rejects with an ApiFailure where that or a file fails. */
  access(): Promise<ApiAccess>;
  /** Forgets every token kept, since the server refused one. */
  forget(): Promise<void>;
};

/** Rejects with an Error for people where there is no usable configuration. */
export async function loadCredentials(choice: KubeconfigChoice): Promise<ApiCredentials> {
  const { KubeConfig, loadYaml } = await import('@kubernetes/client-node');
  const load = () => loadConfig(new KubeConfig(), choice, loadYaml);
  let config = load();
  const server = serverOf(config, choice);
  let asking: Promise<ApiAccess> | undefined;
  return {
    server,
    ...(choice.kind === 'in-cluster' ? {} : { context: config.getCurrentContext() }),
    access: () => {
      asking ??= accessOf(config).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget: async () => {
      try {
        const next = load();
        if (serverOf(next, choice) === server) config = next;
      } catch {
        // Half written, or gone for a moment: what we have may do.
      }
    },
  };
}

function loadConfig(
  config: KubeConfig,
  choice: KubeconfigChoice,
  parse: (text: string) => unknown,
): KubeConfig {
  try {
    if (choice.kind === 'file') config.loadFromFile(choice.file);
    else if (choice.kind === 'in-cluster') config.loadFromCluster(choice.root ?? '');
    else config.loadFromDefault();
    if (choice.kind !== 'in-cluster' && choice.context !== undefined) chooseContext(config, choice.context);
    honourTokenFile(config, filesOf(choice), parse);
  } catch (error) {
    const message = messageOf(error);
    const isFileLost = choice.kind !== 'in-cluster' && error instanceof Error && 'code' in error;
    const remedy = isFileLost ? '. Name one that can with --kubeconfig FILE' : '';
    throw new Error(`${nameOf(choice)} cannot be read: ${message}${remedy}`, { cause: error });
  }
  return config;
}

function chooseContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new Error(`there is no context ${context} in it; known: ${names.join(', ')}`);
  config.setCurrentContext(context);
}

function filesOf(choice: KubeconfigChoice): readonly string[] {
  if (choice.kind === 'in-cluster') return [];
  return choice.kind === 'file' ? [choice.file] : choice.files;
}

function serverOf(config: KubeConfig, choice: KubeconfigChoice): string {
  const cluster = config.getCurrentCluster();
  const problem = (what: string) => new Error(`${nameOf(choice)} ${what}`);
  if (cluster === null)
    throw problem('has no current context with a cluster; see kubectl config use-context');
  if (config.getCurrentUser() === null) throw problem('names no user in its current context');
  if (cluster.proxyUrl !== undefined) throw problem('wants a proxy (proxy-url), which is not supported');
  if (!/^https?:\/\//u.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw problem(`names a server that is no URL: ${cluster.server}`);
  }
  return cluster.server.replace(/\/+$/u, '');
}

function nameOf(choice: KubeconfigChoice): string {
  if (choice.kind === 'file') return `Kubeconfig ${choice.file}`;
  return choice.kind === 'usual' ? 'The usual kubeconfig' : 'The service account of the pod';
}

async function accessOf(config: KubeConfig): Promise<ApiAccess> {
  const options: RequestOptions = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    const message = messageOf(error);
    throw new ApiFailure('credentials', `Credentials for the API server: ${message}`, { cause: error });
  }
  const tls = tlsOf(options);
  const tlsDigest = createHash('sha256').update(JSON.stringify(tls)).digest('base64');
  return { tls, tlsDigest, headers: headersOf(options) };
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): ApiTls {
  const files = Object.entries({ ca, cert, key }).flatMap(([name, value]) => {
    // client-node gives contents of files as they are and helpers' output as text.
    if (typeof value === 'string') return [[name, value] as const];
    return Buffer.isBuffer(value) ? [[name, value.toString('utf8')] as const] : [];
  });
  return {
    ...Object.fromEntries(files),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const basic = typeof auth === 'string' ? `Basic ${Buffer.from(auth).toString('base64')}` : undefined;
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()] as const);
  return { ...(basic === undefined ? {} : { Authorization: basic }), ...Object.fromEntries(given) };
}
