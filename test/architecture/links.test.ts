// Every relative link and picture in the project's Markdown leads somewhere, headings included, and every page of docs/ is in
// its index.
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
  const tagged = prose.matchAll(/<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)="([^"\s]+)"/g);
  return [...inline, ...referenced, ...tagged].map(([, target = '']) => target);
}

/** The names under which a page's headings can be linked, as code forges derive them: the second of a name gets `-1`. */
function anchors(text: string): readonly string[] {
  const headings = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#+\s+(.+?)\s*#*$/gm);
  const seen = new Map<string, number>();
  return [...headings].map(([, heading = '']) => {
    const name = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before}`;
  });
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

test('every page of the documentation is in its index', () => {
  const index = linkTargets(readFileSync(join(root, 'docs/README.md'), 'utf8'));
  const named = new Set(index.map((target) => target.replace(/#.*/u, '')));
  const pages = filesBelow(root, 'docs', '.md').map((page) => page.slice('docs/'.length));
  expect(pages).toContain('reference/options.md');
  expect(pages.filter((page) => page !== 'README.md' && !named.has(page))).toEqual([]);
});

test('every picture of the documentation is shown, and says in words what it shows', () => {
  const pictures = filesBelow(root, 'docs/images', '.svg');
  const text = filesBelow(root, '.', '.md')
    .map((page) => readFileSync(join(root, page), 'utf8'))
    .join('\n');
  expect(pictures.filter((picture) => !text.includes(picture.slice('docs/'.length)))).toEqual([]);
  const mute = pictures.filter(
    (picture) => !/<title\b[\s\S]*<desc\b/u.test(readFileSync(join(root, picture), 'utf8')),
  );
  expect(mute).toEqual([]);
  expect(text.match(/!\[\]\(|<img(?![^>]*\balt=)/gu)).toBeNull();
});

test.each([
  ['[a](b.md)', ['b.md']],
  ['[a](<b.md> "title") and ![c](d.png)', ['b.md', 'd.png']],
  ['[a]: b.md', ['b.md']],
  ['<picture><source srcset="b.svg"><img alt="x" src="c.svg"></picture>', ['b.svg', 'c.svg']],
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
  const text = '# One: two\n\n## `three` & Four_5 ##\n\n## One, two\n\n## One two\n';
  expect(anchors(text)).toEqual(['one-two', 'three--four_5', 'one-two-1', 'one-two-2']);
});
