// Who imports whom: the tree keeps to the table, and the linter's rules are the table.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layers } from './layers.ts';
import { importRulesFile } from './lint-overrides.ts';
import { sourceImports } from './source-imports.ts';
import { findViolations } from './walker.ts';

const root = join(import.meta.dirname, '../..');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const dependencies = Object.keys(packageJson.dependencies);

test('no file of src/ imports what the table forbids', () => {
  expect(findViolations(root, layers, dependencies)).toEqual([]);
});

test('the import rules of the linter are the table (after a change: npx vitest run test/architecture -u)', async () => {
  await expect(importRulesFile(layers)).toMatchFileSnapshot(join(root, '.oxlintrc.imports.json'));
});

test('a layer stands after all that it imports', () => {
  const names = layers.map(({ name }) => name);
  const backward = layers.flatMap((layer, at) =>
    layer.imports.filter((name) => names.indexOf(name) >= at).map((name) => `${layer.name} imports ${name}`),
  );
  expect(backward).toEqual([]);
});

test('a package in the table is a dependency', () => {
  const named = layers.flatMap(({ packages }) => (packages === 'any' ? [] : packages));
  expect(dependencies).toEqual(expect.arrayContaining([...new Set(named)]));
});

test.each([
  ["import { a } from './a.ts';", './a.ts'],
  ["import type { A } from './a.ts';", './a.ts'],
  ["import a, * as b from './a.ts';", './a.ts'],
  ["import {\n  a,\n  type B,\n} from './a.ts';", './a.ts'],
  ["import './a.ts';", './a.ts'],
  ["export { a } from './a.ts';", './a.ts'],
  ["export {\n  a,\n} from './a.ts';", './a.ts'],
  ["export type { A } from './a.ts';", './a.ts'],
  ["export * from './a.ts';", './a.ts'],
  ["export * as a from './a.ts';", './a.ts'],
  ["const a = await import('./a.ts');", './a.ts'],
  ["type A = import('./a.ts').A;", './a.ts'],
  ['const a = await import(name);', undefined],
  ["new Worker(new URL('./a.ts', import.meta.url));", './a.ts'],
  ["import.meta.resolve('./a.ts');", './a.ts'],
  ["const a = require('a');", 'a'],
])('an import is seen: %j', (text, specifier) => {
  expect(sourceImports(text).map((found) => found.specifier)).toEqual([specifier]);
});

test.each([
  "// import { a } from './a.ts';",
  " * import('./a.ts')",
  "export const from = 'a';",
  'important();',
])('no import is seen: %j', (text) => {
  expect(sourceImports(text)).toEqual([]);
});
