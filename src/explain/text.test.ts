// The text for people: colours where they are wanted, nothing that steers a terminal.
import { expect, test } from 'vitest';
import { admission, endpoint, openSite, rule, serving, site } from '../decide/test-objects.ts';
import { explain } from './explain.ts';
import { described, knowledge, siteOf } from './test-knowledge.ts';
import { explanationText } from './text.ts';
import { bytesText, printable } from './wording.ts';

const plain = (_: string, text: string) => text;

test('what was pasted cannot steer a terminal', () => {
  const asked = described('GET /', ['X-\u001b[31m: a', 'Host: a\u009b\u202eb']);
  const text = explanationText(explain(asked, knowledge(siteOf())), plain);
  expect(text).toContain('X-\\x1b[31m');
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});

test.each([
  ['plain', 'plain'],
  ['über', 'über'],
  ['a\nb\tc', 'a\\x0ab\\x09c'],
  ['\u007f\u0085\u202e\u2066', '\\x7f\\x85\\x202e\\x2066'],
])('%j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test.each([
  [115_343_360, '110 MiB'],
  [1000, '1000 bytes'],
  [2048, '2 KiB'],
  [0, '0 bytes'],
  [3 * 1024 ** 4, '3072 GiB'],
])('%i bytes', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('colours say what is good and what is not', () => {
  const known = knowledge(
    siteOf({
      admission: admission([rule('post', { methods: ['POST'] }), rule('get', { methods: ['GET'] })]),
    }),
  );
  const text = explanationText(explain(described('GET /'), known), (tone, word) => `<${tone} ${word}>`);
  expect(text).toContain('<title Admission>');
  expect(text).toContain('post (Allow): <bad does not match>');
  expect(text).toContain('get (Allow): <good matches>');
});

test('of a large Service the chosen and the failing nodes come first', () => {
  const nodes = Array.from({ length: 30 }, (_, at) => endpoint(`node-${at}`));
  const known = knowledge(serving([site('chat.example.com', openSite())], nodes));
  const text = explanationText(explain(described('GET /', ['Cookie: MMSTICKY=node-29-new']), known), plain);
  expect(text).toMatch(/Nodes .*\n {13}-> node-29 /);
  expect(text).toContain('and 10 more');
});

test.each([
  ['node-1', '-> node-1 10.0.0.1:8065: ready'],
  ['10.0.0.1:8065', '-> 10.0.0.1:8065: ready'],
])('a node called %s is told from its place once', (name, shown) => {
  const known = knowledge(serving([site('chat.example.com', openSite())], [endpoint('one', { name })]));
  expect(explanationText(explain(described('GET /'), known), plain)).toContain(shown);
});
