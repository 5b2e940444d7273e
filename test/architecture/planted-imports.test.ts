// Both guards of the import rules, the linter and the walker, would notice: every layer imports everything here.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../scripts/tool.ts';
import { type Layer, layers } from './layers.ts';
import { findViolations } from './walker.ts';

const root = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'mattermost-ingress-layers-'));
const packages = [
  'typebox',
  'typebox/value',
  'yaml',
  'pino',
  'prom-client',
  'undici',
  '@kubernetes/client-node',
];
const builtins = ['node:crypto', 'node:net', 'node:fs', 'node:fs/promises', 'node:timers', 'node:process'];

/** The file that stands for a layer, from the root. */
function home({ name, kind }: Pick<Layer, 'name' | 'kind'>): string {
  return kind === 'folder' ? `src/${name}/home.ts` : `src/${name}.ts`;
}

/** What the file of one layer imports: one line each, so that a line number names an import. */
function planted(layer: Layer): readonly string[] {
  const others = layers.filter(({ name }) => name !== layer.name).map(home);
  const files = [...others, 'src/api/policy.test.ts', 'test/support/reporter.ts'].map((target) => {
    const path = posix.relative(dirname(home(layer)), target);
    return path.startsWith('.') ? path : `./${path}`;
  });
  return [...files, ...packages, ...builtins];
}

type Diagnostic = {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly [{ readonly span: { readonly line: number } }];
};

/** The refused imports as `FILE SPECIFIER`, by each guard. */
function refusedByLinter(): readonly string[] {
  const command = ['oxlint', '--format=json', 'src'] as const;
  const { output } = runTool({ root: copy, command, isShown: false, timeoutMs: 50_000 });
  const { diagnostics } = JSON.parse(output) as { readonly diagnostics: readonly Diagnostic[] };
  const refused = diagnostics.filter(({ code }) => code === 'eslint(no-restricted-imports)');
  return refused.map(({ filename, labels }) => {
    const layer = layers.find((candidate) => home(candidate) === filename);
    return `${filename} ${layer && planted(layer)[labels[0].span.line - 1]}`;
  });
}

function refusedByWalker(): readonly string[] {
  const dependencies = packages.filter((name) => name !== 'typebox/value');
  return findViolations(copy, layers, dependencies).map(({ file, specifier }) => `${file} ${specifier}`);
}

beforeAll(() => {
  for (const layer of layers) {
    const file = join(copy, home(layer));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      planted(layer)
        .map((specifier) => `import '${specifier}';\n`)
        .join(''),
    );
  }
  cpSync(join(root, '.oxlintrc.imports.json'), join(copy, '.oxlintrc.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
});

afterAll(() => rmSync(copy, { recursive: true }));

test('the linter and the walker refuse the same imports', () => {
  expect(refusedByLinter().toSorted()).toEqual(refusedByWalker().toSorted());
});

test.each([
  'src/api/home.ts ../model/home.ts',
  'src/api/home.ts yaml',
  'src/model/home.ts typebox',
  'src/translate/home.ts ../decide/home.ts',
  'src/translate/home.ts ../wire/home.ts',
  'src/decide/home.ts ../translate/home.ts',
  'src/decide/home.ts ../proxy/home.ts',
  'src/decide/home.ts ../api/policy.test.ts',
  'src/decide/home.ts ../../test/support/reporter.ts',
  'src/decide/home.ts node:fs',
  'src/decide/home.ts node:timers',
  'src/wire/home.ts yaml',
  'src/proxy/home.ts ../control/home.ts',
  'src/proxy/home.ts ../options/home.ts',
  'src/proxy/home.ts pino',
  'src/control/home.ts ../kube/home.ts',
  'src/control/home.ts ../proxy/home.ts',
  'src/control/home.ts node:process',
  'src/kube/home.ts ../manifests/home.ts',
  'src/kube/home.ts yaml',
  'src/manifests/home.ts undici',
  'src/control/home.ts @kubernetes/client-node',
  'src/observe/home.ts ../api/home.ts',
  'src/observe/home.ts ../decide/home.ts',
  'src/demo/home.ts ../translate/home.ts',
  'src/cli/home.ts ../main.ts',
  'src/options/home.ts ../proxy/home.ts',
  'src/main.ts ./demo/home.ts',
])('refused: %s', (line) => {
  expect(refusedByWalker()).toContain(line);
});

test.each([
  'src/api/home.ts typebox/value',
  'src/model/home.ts ../api/home.ts',
  'src/decide/home.ts node:crypto',
  'src/manifests/home.ts yaml',
  'src/observe/home.ts prom-client',
  'src/proxy/home.ts ../decide/home.ts',
  'src/proxy/home.ts node:timers',
  'src/control/home.ts ../observe/home.ts',
  'src/cli/home.ts ../demo/home.ts',
  'src/main.ts ./cli/home.ts',
])('allowed: %s', (line) => {
  expect(refusedByWalker()).not.toContain(line);
});
