// The programs of the cluster tests: found ready, or built once from their Go modules into a cache.
// As a program it prints the folder that holds them: node test/cluster/tools/build.ts
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { join } from 'node:path';

type Tool = {
  readonly name: string;
  readonly module: string;
  readonly path: string;
  readonly linked: string;
};

const KUBERNETES = { version: 'v1.37.1', major: '1', minor: '37' };
const component = 'k8s.io/component-base/version';
const stripped = '-s -w';
/** Without its version the API server says v0.0.0, and charts refuse it. */
const versioned = [
  stripped,
  `-X ${component}.gitVersion=${KUBERNETES.version}`,
  `-X ${component}.gitMajor=${KUBERNETES.major}`,
  `-X ${component}.gitMinor=${KUBERNETES.minor}`,
  `-X ${component}.gitTreeState=clean`,
].join(' ');

const kube = (name: string): Tool => ({
  name,
  module: 'kube',
  path: `k8s.io/kubernetes/cmd/${name}`,
  linked: versioned,
});

const tools: readonly Tool[] = [
  { name: 'etcd', module: 'etcd', path: 'go.etcd.io/etcd/server/v3', linked: stripped },
  kube('kube-apiserver'),
  kube('kube-controller-manager'),
  kube('kubectl'),
  { name: 'helm', module: 'helm', path: 'helm.sh/helm/v4/cmd/helm', linked: stripped },
];

/** Profiles (pgo) would compile all that the API server shares with others a second time. */
const flags = ['-trimpath', '-pgo=off'];
/** The first Go that fetches the version a module asks for. */
const OLDEST_GO_MINOR = 21;
/** A download may break off; what has come is kept, and the next attempt goes on from there. */
const ATTEMPTS = 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** A folder with all programs, or why there is none. */
export type FoundTools =
  | { readonly kind: 'ready'; readonly folder: string }
  | { readonly kind: 'absent'; readonly reason: string };

/** Where everything of ours is kept that may be thrown away. */
export function cacheFolder(environment: Environment): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mattermost-ingress');
}

/**
 * The folder of KUBEBUILDER_ASSETS or of the cache where it is complete; else they are built into the cache, which
 * takes about 12 minutes on two cores with nothing cached. Throws where a build fails.
 * @param print takes one line for each step
 */
export function provideTools(environment: Environment, print: (line: string) => void): FoundTools {
  const folder = join(cacheFolder(environment), 'cluster-tools', digestOfSources());
  const given = environment['KUBEBUILDER_ASSETS'] ?? '';
  const lacks = given === '' ? [] : missingIn(given).map(({ name }) => name);
  if (lacks.length > 0) print(`KUBEBUILDER_ASSETS is not used, as it lacks ${lacks.join(', ')}`);
  else if (given !== '') return { kind: 'ready', folder: given };
  if (missingIn(folder).length === 0) return { kind: 'ready', folder };
  const reason = whyGoIsNoUse();
  if (reason !== undefined) return { kind: 'absent', reason };
  buildInto(folder, print);
  return { kind: 'ready', folder };
}

function missingIn(folder: string): readonly Tool[] {
  return tools.filter(({ name }) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

function buildInto(folder: string, print: (line: string) => void): void {
  const missing = missingIn(folder);
  mkdirSync(folder, { recursive: true });
  print(`Building a Kubernetes control plane into ${folder}, once; some minutes if Go has never built it`);
  for (const [at, tool] of missing.entries()) {
    print(`  ${at + 1} of ${missing.length}: ${tool.name} ...`);
    const startedMs = Date.now();
    build(tool, folder);
    print(`  ${tool.name} took ${Math.round((Date.now() - startedMs) / 1000)} s`);
  }
}

/** Under another name first: a build that was interrupted leaves nothing that looks complete. */
function build({ name, module, path, linked }: Tool, folder: string): void {
  const made = join(folder, `${name}.${process.pid}`);
  const command = ['go', 'build', ...flags, '-ldflags', linked, '-o', made, path];
  for (let attempt = 1; ; attempt++) {
    const { status, error } = spawnSync('nice', command, {
      cwd: join(import.meta.dirname, module),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
      stdio: ['ignore', process.stderr, process.stderr],
    });
    if (status === 0) break;
    if (attempt === ATTEMPTS)
      throw new Error(`Building ${name} failed: ${error?.message ?? `status ${status}`}`);
  }
  renameSync(made, join(folder, name));
}

function whyGoIsNoUse(): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  if (status !== 0) return 'Neither built programs (KUBEBUILDER_ASSETS) nor Go to build them';
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  if (minor >= OLDEST_GO_MINOR) return undefined;
  return `No built programs, and ${stdout.trim()} is older than Go 1.${OLDEST_GO_MINOR}`;
}

/** Changes with everything that decides what is built. */
function digestOfSources(): string {
  const hash = createHash('sha256').update(JSON.stringify([platform(), arch(), flags, tools]));
  for (const module of new Set(tools.map((tool) => tool.module))) {
    for (const file of ['go.mod', 'go.sum'])
      hash.update(readFileSync(join(import.meta.dirname, module, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.main) {
  const found = provideTools(process.env, console.error);
  if (found.kind === 'ready') console.log(found.folder);
  else console.error(found.reason);
  process.exitCode = found.kind === 'ready' ? 0 : 1;
}
