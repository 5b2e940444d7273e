// Writes what is generated of the chart and deploy/, or compares it (`--check`). Run by `npm run generate`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crdTemplate, plainCrd } from './chart-crd.ts';
import { findHelm } from './chart-helm.ts';
import { chartDigest, plainManifests, statedDigest } from './chart-manifests.ts';
import { chartReadme } from './chart-readme.ts';

const HELP = `Usage: node scripts/chart.ts [--check | --help]

Writes README.md and templates/crd.yaml of charts/mattermost-ingress, and deploy/. deploy/mattermost-ingress.yaml needs Helm.
  --check  write nothing; exit 1 if a file differs from what would be written. Without Helm the digest of the chart is compared
  --help   this text`;

const CHART = 'charts/mattermost-ingress';
const MANIFESTS = 'deploy/mattermost-ingress.yaml';

export type Print = (stream: 'out' | 'error', line: string) => void;

/** Files that need nothing but the tree: path from `root`, and what it must hold. */
export function generatedFiles(root: string): ReadonlyMap<string, string> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { readonly version: string };
  return new Map([
    [`${CHART}/README.md`, chartReadme(read(`${CHART}/values.yaml`), version)],
    [`${CHART}/templates/crd.yaml`, crdTemplate()],
    ['deploy/crd.yaml', plainCrd()],
    ['deploy/monitoring/alert-rules.yaml', read(`${CHART}/files/alerts.yaml`)],
    ['deploy/monitoring/grafana-dashboard.json', read(`${CHART}/files/dashboard.json`)],
  ]);
}

function write(root: string, helm: ReturnType<typeof findHelm>, print: Print): number {
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    print('out', `Wrote ${path}`);
  };
  for (const [path, content] of generatedFiles(root)) put(path, content);
  if (helm.kind === 'found') {
    put(MANIFESTS, plainManifests(helm.program, join(root, CHART)));
    return 0;
  }
  const isStale = statedDigest(present(root, MANIFESTS) ?? '') !== chartDigest(join(root, CHART));
  print(isStale ? 'error' : 'out', `${isStale ? 'Did not write' : 'Left'} ${MANIFESTS}: ${helm.reason}`);
  return isStale ? 1 : 0;
}

function check(root: string, helm: ReturnType<typeof findHelm>, print: Print): number {
  const stale = [...generatedFiles(root)]
    .filter(([path, content]) => present(root, path) !== content)
    .map(([path]) => path);
  if (!isCurrent(root, helm)) stale.push(MANIFESTS);
  for (const path of stale) print('error', `File ${path} is not what it is made from; run: npm run generate`);
  if (helm.kind === 'absent') print('out', `${MANIFESTS} is compared by its digest alone: ${helm.reason}`);
  return stale.length === 0 ? 0 : 1;
}

function isCurrent(root: string, helm: ReturnType<typeof findHelm>): boolean {
  const manifests = present(root, MANIFESTS);
  const chart = join(root, CHART);
  if (manifests === undefined || statedDigest(manifests) !== chartDigest(chart)) return false;
  return helm.kind === 'absent' || plainManifests(helm.program, chart) === manifests;
}

function present(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** Does what the options say in the tree at `root`; returns the exit code. */
export function generateChart(
  options: readonly string[],
  root: string,
  context: { readonly helm: ReturnType<typeof findHelm>; readonly print: Print },
): number {
  const { helm, print } = context;
  const [option, ...rest] = options;
  if (option === undefined) return write(root, helm, print);
  if (option === '--check' && rest.length === 0) return check(root, helm, print);
  if (option === '--help' && rest.length === 0) {
    print('out', HELP);
    return 0;
  }
  print('error', `Unknown options ${options.join(' ')}\n\n${HELP}`);
  return 2;
}

if (import.meta.main) {
  const print: Print = (stream, line) => (stream === 'out' ? console.log(line) : console.error(line));
  const root = join(import.meta.dirname, '..');
  process.exitCode = generateChart(process.argv.slice(2), root, { helm: findHelm(process.env), print });
}
