// Every relative link in the project's Markdown leads somewhere, headings included.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow } from './walker.ts';

const root = join(import.meta.dirname, '../..');

/** Targets of the links and images of a Markdown text; what stands in code is no link. */
function linkTargets(text: string): readonly string[] {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const inline = prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g);
  const referenced = prose.matchAll(/^\[[^\]]+\]:\s+<?([^\s>]+)>?/gm);
  return [...inline, ...referenced].map(([, target = '']) => target);
}

/** The names under which a page's headings can be linked, as code forges derive them. */
function anchors(text: string): readonly string[] {
  const headings = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#+\s+(.+?)\s*#*$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, target: string): boolean {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return false;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(path));
  if (!existsSync(file)) return true;
  const isPage = anchor !== undefined && file.endsWith('.md');
  return isPage && !anchors(readFileSync(file, 'utf8')).includes(anchor);
}

test('no relative link is broken', () => {
  const pages = filesBelow(root, '.', '.md');
  const broken = pages.flatMap((page) =>
    linkTargets(readFileSync(join(root, page), 'utf8'))
      .filter((target) => isBroken(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(pages).toContain('CONTRIBUTING.md');
  expect(broken).toEqual([]);
});

test.each([
  ['[a](b.md)', ['b.md']],
  ['[a](<b.md> "title") and ![c](d.png)', ['b.md', 'd.png']],
  ['[a]: b.md', ['b.md']],
  ['`[a](b.md)`', []],
  ['```\n[a](b.md)\n```\n[c](d.md)', ['d.md']],
])('links are found in %j', (text, targets) => {
  expect(linkTargets(text)).toEqual(targets);
});

test.each([
  ['nowhere.md', true],
  ['scripts/check.ts', false],
  ['CONTRIBUTING.md', false],
  ['CONTRIBUTING.md#no-such-heading', true],
  ['https://example.com/nowhere', false],
])('a link to %s is broken: %s', (target, expected) => {
  expect(isBroken('CONTRIBUTING.md', target)).toBe(expected);
});

test('headings become anchors', () => {
  expect(anchors('# One: two\n\n## `three` & Four_5 ##\n')).toEqual(['one-two', 'three--four_5']);
});
