// What a file keeps of its last good version, and what it says about it.
import { describe, expect, test } from 'vitest';
import { adoptProblem, adoptText } from './manifest-file.ts';
import type { ManifestFile } from './manifest-file.ts';

function service(name: string, port: number | string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: ${port}}]}\n---\n`;
}

function portsOf(file: ManifestFile): Readonly<Record<string, unknown>> {
  const entries = file.objects
    .flatMap(({ produced }) => produced)
    .map((object) => [object.metadata.name, object.kind === 'Service' ? object.ports[0]?.port : undefined]);
  return Object.fromEntries(entries);
}

const good = adoptText(undefined, 'a.yaml', service('a', 1) + service('b', 2));
const keepsFile = 'the file keeps the objects of its last good version';

const cases: Readonly<
  Record<
    string,
    readonly [text: string, ports: Readonly<Record<string, number>>, messages: readonly string[]]
  >
> = {
  'a new good text replaces all': [service('a', 9), { a: 9 }, []],
  'an empty text keeps all': ['', { a: 1, b: 2 }, [`The file is empty; ${keepsFile}`]],
  'comments alone are as good as nothing': ['# x\n', { a: 1, b: 2 }, [`The file is empty; ${keepsFile}`]],
  'an unparsable text keeps all': [
    'a: b: c',
    { a: 1, b: 2 },
    [`A key must be a short text on one line, followed by a colon and a space; ${keepsFile}`],
  ],
  'a refused object keeps its last version, one that is missing goes': [
    service('b', '"x"') + service('c', 3),
    { b: 2, c: 3 },
    [
      'spec.ports[0].port must be an integer from 1 to 65535, it is a string; the object keeps its last good version',
    ],
  ],
  'a refused object that never was good keeps nothing': [
    service('a', 1) + service('c', '"x"'),
    { a: 1 },
    ['spec.ports[0].port must be an integer from 1 to 65535, it is a string'],
  ],
  'beside an unparsable document others are renewed, and what is missing stays': [
    `${service('a', 9)}x: [`,
    { a: 9, b: 2 },
    [`The indentation does not fit the lines above, or a bracket above is not closed; ${keepsFile}`],
  ],
  'an object without name may be any that is missing': [
    service('a', 9) + service('', 3),
    { a: 9, b: 2 },
    [`Service: metadata.name is required; ${keepsFile}`],
  ],
  'an ignored kind keeps nothing': [
    'apiVersion: v1\nkind: Pod\n',
    {},
    ['Kind Pod (v1) is not read from files; the object is ignored'],
  ],
  'an empty list removes all': ['{apiVersion: v1, kind: List, items: []}', {}, []],
};

describe('after a good version', () => {
  test.each(Object.entries(cases))('%s', (_, [text, ports, messages]) => {
    const file = adoptText(good, 'a.yaml', text);
    expect(portsOf(file)).toEqual(ports);
    expect(file.findings.map((finding) => finding.message)).toEqual(messages);
  });

  test('what is kept survives several broken versions and ends with a good one', () => {
    const broken = adoptText(adoptText(good, 'a.yaml', ''), 'a.yaml', 'x: [');
    expect(portsOf(broken)).toEqual({ a: 1, b: 2 });
    expect(portsOf(adoptText(broken, 'a.yaml', service('b', 5)))).toEqual({ b: 5 });
  });

  test('a file that cannot be read keeps all', () => {
    const file = adoptProblem(good, 'a.yaml', {
      message: 'The file may not be read',
      remedy: 'Grant access',
    });
    expect(portsOf(file)).toEqual({ a: 1, b: 2 });
    expect(file.findings).toEqual([
      {
        severity: 'error',
        location: { file: 'a.yaml', line: 1 },
        field: '',
        reason: 'FileUnreadable',
        message: `The file may not be read; ${keepsFile}`,
        remedy: 'Grant access',
      },
    ]);
  });
});

describe('without a good version', () => {
  test.each([
    { name: 'an empty file says nothing', text: '', messages: [] },
    {
      name: 'a broken file speaks of nothing kept',
      text: 'a: b: c',
      messages: ['A key must be a short text on one line, followed by a colon and a space'],
    },
  ])('$name', ({ text, messages }) => {
    const file = adoptText(undefined, 'a.yaml', text);
    expect(file.objects).toEqual([]);
    expect(file.findings.map((finding) => finding.message)).toEqual(messages);
  });

  test('an unreadable file speaks of nothing kept', () => {
    const file = adoptProblem(undefined, 'a.yaml', {
      message: 'The file may not be read',
      remedy: 'Grant access',
    });
    expect(file.findings[0]?.message).toBe('The file may not be read');
  });
});
