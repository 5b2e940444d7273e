// Durations and sizes: the exact grammar, and that parsing agrees with it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DURATION_PATTERN, parseDurationMs, parseSizeBytes, SIZE_PATTERN } from './quantities.ts';

test.each([
  ['0s', 0],
  ['100s', 100_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['1m500ms', 60_500],
  ['500ms', 500],
  ['1ms1h', 3_600_001],
  ['1h1h1h1h', 14_400_000],
  ['00010s', 10_000],
  ['99999h', 359_996_400_000],
])('duration %s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  '',
  '1',
  '1d',
  '1.5h',
  '-1s',
  '+1s',
  '1 s',
  ' 1s',
  '1s\n',
  '100000s',
  '1h1m1s1ms1s',
  '1H',
  's',
  '1us',
  '١s',
])('no duration: %j', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});

test.each([
  ['0', 0],
  ['1', 1],
  ['512Ki', 524_288],
  ['110Mi', 115_343_360],
  ['2Gi', 2_147_483_648],
  ['999999999999', 999_999_999_999],
  ['999999999999Gi', Number.MAX_SAFE_INTEGER],
])('size %s is %d bytes', (text, bytes) => {
  expect(parseSizeBytes(text)).toBe(bytes);
});

test.each([
  '',
  '00',
  '01',
  '0Mi',
  '50m',
  '1M',
  '1G',
  '1k',
  '1mi',
  '1.5Gi',
  '-1',
  '1 Mi',
  '1Mi ',
  '1000000000000',
  '1e3',
])('no size: %j', (text) => {
  expect(parseSizeBytes(text)).toBeUndefined();
});

test('every text of the grammar has a value, and adding up its parts gives it', () => {
  const part = fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('h', 'm', 's', 'ms'));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const whole = parseDurationMs(parts.map(([count, unit]) => `${count}${unit}`).join(''));
      const sum = parts.reduce(
        (total, [count, unit]) => total + (parseDurationMs(`${count}${unit}`) ?? NaN),
        0,
      );
      expect(whole).toBe(sum);
    }),
  );
});

test('any text has a value exactly when the pattern of the schema takes it', () => {
  const near = fc.stringMatching(/^[0-9hmsKMGi .-]{0,8}$/u);
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      expect(parseDurationMs(text) !== undefined).toBe(new RegExp(DURATION_PATTERN, 'u').test(text));
      expect(parseSizeBytes(text) !== undefined).toBe(new RegExp(SIZE_PATTERN, 'u').test(text));
    }),
  );
});
