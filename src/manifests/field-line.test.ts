// The line on which a field stands.
import { describe, expect, test } from 'vitest';
import { findLines } from './field-line.ts';

describe('lines', () => {
  const text = [
    '# head',
    'kind: X',
    'metadata: &m {name: a}',
    'spec:',
    '  rules:',
    '  - name: a',
    '    "tls.crt": |',
    '      b',
    '  - {name: b, tags: [x,',
    '     y]}',
  ].join('\n');
  const lines: Readonly<Record<string, number>> = {
    '': 10,
    kind: 11,
    'metadata.name': 12,
    'metadata.namespace': 12,
    'spec.rules': 14,
    'spec.rules[0]': 15,
    'spec.rules[0].name': 15,
    'spec.rules[0]["tls.crt"]': 16,
    'spec.rules[1].tags[1]': 19,
    'spec.rules[1].tags[7]': 18,
    'spec.rules[2].name': 14,
    'spec.rules.name': 14,
    'status.x': 10,
  };
  test.each(Object.entries(lines))('%s stands on line %d', (path, line) => {
    expect(findLines({ text, line: 10 }, [path])).toEqual([line]);
  });

  test('a text that does not parse, and one that is not there', () => {
    expect(findLines({ text: 'a: 1\nb: [', line: 5 }, ['b', 'c'])).toEqual([6, 5]);
    expect(findLines({ text: '', line: 5 }, ['b'])).toEqual([5]);
  });
});
