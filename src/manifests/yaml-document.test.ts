// From text to JSON: documents, keys, anchors, merges, bounds; and that no message quotes the file.
import { describe, expect, test } from 'vitest';
import { maxAliasedValues, maxDepth } from './yaml-value.ts';
import { readDocument, splitDocuments } from './yaml-document.ts';

function read(text: string): readonly unknown[] {
  return splitDocuments(text).map((document) => {
    const reading = readDocument(document);
    return reading.kind === 'value'
      ? reading.value
      : `line ${reading.problem.line}: ${reading.problem.message}`;
  });
}

const values: Readonly<Record<string, readonly [text: string, value: unknown]>> = {
  'keys become the strings that kubectl makes of them': ['on: 1\n010: 2\n', { true: 1, 8: 2 }],
  'quotes keep words as they are': ['a: "on"\nb: \'010\'\n', { a: 'on', b: '010' }],
  'an explicit tag decides': [
    'a: !!str 5\nb: !!int "5"\nc: !!bool "yes"\nd: !!float 5\ne: ! 5\nf: !!null ""\n',
    { a: '5', b: 5, c: true, d: 5, e: '5', f: null },
  ],
  'block and folded texts': ['a: |\n  x\n  y\nb: >-\n  x\n  y\n', { a: 'x\ny\n', b: 'x y' }],
  'a merge key brings what is not there': [
    'b: &b {x: 1, z: 2}\nc:\n  <<: *b\n  x: 3\n',
    { b: { x: 1, z: 2 }, c: { x: 3, z: 2 } },
  ],
  'of several merged maps the first wins': [
    'b: &b {x: 1}\nd: &d {x: 2, z: 3}\nc: {<<: [*b, *d]}\n',
    { b: { x: 1 }, d: { x: 2, z: 3 }, c: { x: 1, z: 3 } },
  ],
  'a quoted merge key is a key': ['"<<": {x: 1}\n', { '<<': { x: 1 } }],
  'an alias repeats a value': ['a: &x 010\nb: *x\n', { a: 8, b: 8 }],
  'an anchor may be set again': ['a: &x 1\nb: *x\nc: &x 2\nd: *x\n', { a: 1, b: 1, c: 2, d: 2 }],
  'JSON with tabs': ['{\n\t"a": [1, "x\\/y"]\n}\n', { a: [1, 'x/y'] }],
  'Windows line ends': ['a: b\r\nc: d\r\n', { a: 'b', c: 'd' }],
  'an empty text is null': ['# nothing\n', null],
  'an unquoted IPv6 range in brackets': ['a: [2001:db8::/32]\n', { a: ['2001:db8::/32'] }],
};

describe('values', () => {
  test.each(Object.entries(values))('%s', (_, [text, value]) => expect(read(text)).toEqual([value]));

  test('a key named __proto__ is a key like any other', () => {
    const [value] = read('__proto__: {x: 1}\n');
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1}}');
  });
});

const twice = 'A key stands twice in the same map';
const refusals: Readonly<Record<string, readonly [text: string, message: string]>> = {
  'a duplicate key': ['a: 1\nb: 2\na: 3\n', `line 3: ${twice}`],
  'keys that are equal once read': ['true: 1\non: 2\n', `line 2: ${twice}`],
  'a number and a string that make one key': ['1: a\n"1": b\n', `line 2: ${twice}`],
  'a null key': ['~: a\n', 'line 1: A key must be a string'],
  'a key beyond exact integers': ['9007199254740993: a\n', 'line 1: A key must be a string'],
  'a list as key': ['? [a]\n: b\n', 'line 1: A key must be a string'],
  'a merge that kubectl reads otherwise': [
    'b: &b {x: 1}\nc:\n  x: 9\n  <<: *b\n',
    'line 4: A merge key (<<) brings a key that stands before it in the same map; readers differ on which one wins',
  ],
  'a merge of a list of scalars': [
    'c:\n  <<: [1]\n',
    'line 2: A merge key (<<) needs a map or a list of maps',
  ],
  'an unknown alias': [
    'a: 1\nb: *x\n',
    'line 2: An alias (*) names no anchor (&) above it in the same document',
  ],
  'an alias inside its anchor': [
    'a: &x [*x]\n',
    'line 1: An alias (*) names no anchor (&) above it in the same document',
  ],
  infinity: ['a: .inf\n', 'line 1: Infinity and NaN are not values of Kubernetes objects'],
  'a tag that does not fit': [
    'a: !!int x\n',
    'line 1: A tag (!) is not supported, or does not fit its value',
  ],
  'an unknown tag': ['a: !foo bar\n', 'line 1: A tag (!) is not supported, or does not fit its value'],
  'a tag on a map': ['a: !!set {x}\n', 'line 1: A tag (!) on a map or list is not supported'],
  'a directive': ['# x\n%YAML 1.1\n', 'line 2: A directive (%) is not supported'],
  'a control character': ['a: 1\nb: "x\u0001y"\n', 'line 2: The document holds a control character'],
  'a tab as indentation': ['a:\n\tb: 1\n', 'line 2: A tab stands where only spaces may indent'],
  'a colon too many': [
    'a: b: c\n',
    'line 1: A key must be a short text on one line, followed by a colon and a space',
  ],
  'an open quote': ['a: "x\nb: 1\n', 'line 3: A quote, bracket, colon, comma, dash or space is missing'],
  'a wrong escape': ['a: "\\d"\n', 'line 1: A text in double quotes holds an unknown escape (\\)'],
  'a wrong indentation': [
    'a:\n  b: 1\n c: 2\n',
    'line 3: The indentation does not fit the lines above, or a bracket above is not closed',
  ],
  'a reserved character': ['a: @x\n', 'line 1: A value begins with a character that YAML reserves (@ or `)'],
  'a second document after an end mark': [
    'a: 1\n...\nb: 2\n',
    'line 3: A second document follows without a line of three dashes',
  ],
};

describe('refusals', () => {
  test.each(Object.entries(refusals))('%s', (_, [text, message]) => expect(read(text)).toEqual([message]));

  test('too many levels, however they come', () => {
    const deepest = `${'['.repeat(maxDepth)}1${']'.repeat(maxDepth)}`;
    expect(typeof read(deepest)[0]).toBe('object');
    expect(read(`[${deepest}]`)).toEqual([`line 1: The document is nested deeper than ${maxDepth} levels`]);
    expect(read('['.repeat(100_000))).toEqual(['line 1: The document is nested too deeply']);
  });

  test.each([
    { name: 'aliases', level: (i: number) => `[${Array(10).fill(`*a${i}`).join(', ')}]`, first: '[x]' },
    {
      name: 'merge keys',
      level: (i: number) => `{<<: [${Array(10).fill(`*a${i}`).join(', ')}], k${i}: 1}`,
      first: `{${Array.from({ length: 5_000 }, (_, i) => `x${i}: 1`).join(', ')}}`,
    },
  ])('a bomb of $name', ({ level, first }) => {
    const lines = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} ${level(i)}\n`);
    const [result] = read(`a0: &a0 ${first}\n${lines.join('')}`);
    expect(result).toMatch(
      new RegExp(`^line \\d+: Aliases expand the document by more than ${maxAliasedValues} values$`),
    );
  });
});

describe('documents', () => {
  test('a broken one hurts no other, and lines count through the file', () => {
    expect(read('a: 1\n---\nb: [\n--- # comment\nc: d: e\n---\nf: 2\n')).toEqual([
      { a: 1 },
      'line 4: The indentation does not fit the lines above, or a bracket above is not closed',
      'line 5: A key must be a short text on one line, followed by a colon and a space',
      { f: 2 },
    ]);
  });

  test('only three dashes at the start of a line with nothing or white space behind part documents', () => {
    expect(read('a: |\n  ---\n  x\n---\r\nb: "---"\n---x: 1\n')).toEqual([
      { a: '---\nx\n' },
      { b: '---', '---x': 1 },
    ]);
  });

  test('anchors end with their document', () => {
    expect(read('a: &x 1\n---\nb: *x\n')[1]).toMatch(/^line 3: An alias/);
  });
});

describe('no message quotes the file', () => {
  const broken = [
    'a: "hunter2',
    'a: "\\hunter2"',
    'a: @hunter2',
    'a: hunter2: x',
    'hunter2: x: y',
    'a:\n\thunter2: 1',
    '{hunter2, hunter2}',
    '*hunter2',
    '!hunter2 x',
    '!!int hunter2',
    'a: b\nhunter2',
    '%hunter2',
    '[hunter2',
    'a: &x &hunter2 y',
    'a: |hunter2\n',
    '{a: {hunter2: 1, hunter2: 2}}',
    'a: b\n...\nhunter2',
    '? hunter2\n? hunter2',
  ];
  test.each(broken)('%j', (text) => {
    const results = read(text);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatch(/^line \d: [A-Z]/);
    expect(results[0]).not.toContain('hunter2');
  });
});
