// Values of admission Secrets: digests in, nothing of the value out.
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Secret } from '../api/objects.ts';
import type { Problem } from './problem.ts';
import { decodeBase64, readSecretValues } from './secret-values.ts';
import { brief, secret } from './test-objects.ts';

const DIGEST_KEY = Buffer.from('digest');
const SECRET = '0123456789abcdef';

function read(object: Secret | undefined) {
  const problems: Problem[] = [];
  const secrets = new Map(object === undefined ? [] : [['chat/preauth', object]]);
  const source = { secrets, namespace: 'chat', digestKey: DIGEST_KEY };
  const values = readSecretValues({ name: 'preauth', field: 'ref' }, source, (problem) =>
    problems.push(problem),
  );
  return { values, problems };
}

function digest(value: string): string {
  return createHmac('sha256', DIGEST_KEY).update(Buffer.from(value, 'latin1')).digest('hex');
}

describe('readSecretValues', () => {
  test('each key is one value, ordered by key', () => {
    expect(read(secret('chat/preauth', { new: `${SECRET}2`, late: SECRET }))).toEqual({
      values: [
        { key: 'late', digest: digest(SECRET) },
        { key: 'new', digest: digest(`${SECRET}2`) },
      ],
      problems: [],
    });
  });

  test.each([[`${SECRET}\n`], [` \t${SECRET}\r\n`], [`\v\f${SECRET}`]])(
    'white space around does not count: %j',
    (text) => {
      expect(read(secret('chat/preauth', { key: text })).values).toEqual([
        { key: 'key', digest: digest(SECRET) },
      ]);
    },
  );

  test('a blank inside belongs to the value', () => {
    const phrase = 'correct horse battery staple';
    expect(read(secret('chat/preauth', { key: phrase })).values).toEqual([
      { key: 'key', digest: digest(phrase) },
    ]);
  });

  test.each([
    ['under 16 bytes', '0123456789abcde'],
    ['under 16 bytes without its white space', '  0123456789abcde  '],
    ['a line break inside', `${SECRET}\n${SECRET}`],
    ['a control character', `${SECRET}\x00`],
    ['DEL', `${SECRET}\x7f`],
    ['a byte above ASCII', `${SECRET}\xe9`],
    ['empty', ''],
  ])('left out and reported by key, never by value: %s', (_, text) => {
    const { values, problems } = read(secret('chat/preauth', { bad: text, good: `${SECRET}0` }));
    expect(values.map(({ key }) => key)).toEqual(['good']);
    expect(brief(problems)).toEqual(['SecretInvalid ref']);
    expect(problems[0]?.message).toContain('"bad"');
    if (text.trim() !== '') expect(JSON.stringify(problems)).not.toContain(text.trim().slice(0, 8));
  });

  test('data that is no base64 is left out: Node would read it with holes', () => {
    const object = { ...secret('chat/preauth', {}), data: { key: `${SECRET}-not-base64` } };
    expect(read(object).values).toEqual([]);
    expect(brief(read(object).problems)).toEqual(['SecretInvalid ref', 'SecretInvalid ref']);
  });

  test.each([
    ['missing', undefined, ['SecretNotFound ref']],
    ['empty', secret('chat/preauth', {}), ['SecretInvalid ref']],
  ])('a Secret that is %s gives nothing and an error', (_, object, expected) => {
    const { values, problems } = read(object);
    expect(values).toEqual([]);
    expect(brief(problems)).toEqual(expected);
    expect(problems.at(-1)?.severity).toBe('error');
  });
});

test.each([
  ['YQ==', 'a'],
  ['YW\nJj', 'abc'],
  ['', ''],
  ['YQ', undefined],
  ['YQ=', undefined],
  ['Y-_=', undefined],
])('decodeBase64 of %j is %j', (text, expected) => {
  expect(decodeBase64(text)?.toString()).toBe(expected);
});
