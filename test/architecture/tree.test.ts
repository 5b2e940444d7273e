// The shape of the tree: sizes, names, first lines, and what the linter has no rule for.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { layers } from './layers.ts';
import { filesBelow, layerOf } from './walker.ts';

const root = join(import.meta.dirname, '../..');
const sources = filesBelow(root, '.', '.ts').filter((file) => !file.endsWith('.d.ts'));
/** What browsers run as it is. */
const pages = ['.js', '.css'].flatMap((ending) => filesBelow(root, 'src', ending));
const product = sources.filter((file) => file.startsWith('src/') && !file.endsWith('.test.ts'));

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** `FILE:LINE` of every match outside of comment lines. */
function placesOf(file: string, pattern: RegExp): readonly string[] {
  return textOf(file)
    .split('\n')
    .flatMap((line, at) =>
      !/^\s*(?:\/\/|\/?\*)/.test(line) && pattern.test(line) ? [`${file}:${at + 1}`] : [],
    );
}

test('there are files to look at', () => {
  expect(sources).toContain('test/architecture/tree.test.ts');
  expect(pages).toContain('src/observe/dashboard/dashboard.css');
});

test('no file is longer than 300 lines', () => {
  const tooLong = [...sources, ...pages].filter((file) => textOf(file).trimEnd().split('\n').length > 300);
  expect(tooLong).toEqual([]);
});

test('every file says in its first line what it is', () => {
  const silent = sources.filter((file) => !/^(?:#!.*\n)?\/\/ \S/.test(textOf(file)));
  expect(silent).toEqual([]);
});

test('no file has a name that says nothing', () => {
  const empty = /(?:^|-)(?:utils?|helpers?|managers?|misc|common|index)(?:[-.]|$)/;
  expect(product.filter((file) => empty.test(basename(file)))).toEqual([]);
});

test('no module holds mutable state', () => {
  expect(product.flatMap((file) => placesOf(file, /^(?:export )?(?:let|var) /))).toEqual([]);
});

test('no barrels: a name has one home', () => {
  expect(product.flatMap((file) => placesOf(file, /^export (?:type )?\*/))).toEqual([]);
});

test('pure rings take time and chance as arguments', () => {
  const pure = product.filter((file) => layerOf(file, layers)?.builtins === 'pure');
  const impure =
    /\bnew Date\(\)|\bDate\.now\b|\bMath\.random\b|\brandom(?:UUID|Bytes|Int)\b|\bgetRandomValues\b/;
  expect(pure.flatMap((file) => placesOf(file, impure))).toEqual([]);
});
