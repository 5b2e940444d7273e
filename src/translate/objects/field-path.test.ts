// Field paths there and back.
import { describe, expect, test } from 'vitest';
import { joinField, splitField } from './field-path.ts';

const paths: readonly (readonly [path: string, parts: readonly (string | number)[]])[] = [
  ['spec', ['spec']],
  ['spec.admission.rules[0].sourceCIDRs[12]', ['spec', 'admission', 'rules', 0, 'sourceCIDRs', 12]],
  ['data["tls.crt"]', ['data', 'tls.crt']],
  ['metadata.labels["kubernetes.io/service-name"]', ['metadata', 'labels', 'kubernetes.io/service-name']],
  ['a["x]y.\\"z"].b', ['a', 'x]y."z', 'b']],
  ['a["\\u0007"]', ['a', '\u0007']],
  ['["on fire"]', ['on fire']],
];

describe('paths', () => {
  test.each(paths)('%s', (path, parts) => {
    expect(parts.reduce<string>(joinField, '')).toBe(path);
    expect(splitField(path)).toEqual(parts.map(String));
  });
  test('what is no path still has parts', () => expect(splitField('a["x')).toEqual(['a', '"x']));
  test('endless names are cut', () => expect(joinField('a', 'x'.repeat(99))).toBe(`a["${'x'.repeat(63)}"]`));
});
