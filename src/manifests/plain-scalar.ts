// What an unquoted YAML word means: the same as to kubectl, whose reader follows YAML 1.1 but
// has neither sexagesimal numbers nor timestamps. First step of reading a file; used by yaml-value.ts.

const words: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(toEntry(true)),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(toEntry(false)),
  ...['', '~', 'null', 'Null', 'NULL'].map(toEntry(null)),
  ...['.nan', '.NaN', '.NAN'].map(toEntry(Number.NaN)),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(toEntry(Number.POSITIVE_INFINITY)),
  ...['-.inf', '-.Inf', '-.INF'].map(toEntry(Number.NEGATIVE_INFINITY)),
]);

const decimal = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const fraction = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/;
const octal = /^0[oO]?([0-7]+)$/;
const prefixed = /^0(?:[xX][0-9a-fA-F]+|[bB][01]+)$/;

/** No number is longer, underscores included; a longer word is a string. */
const maxNumberLength = 128;
const maxPositive = 2n ** 64n - 1n;
const maxNegative = 2n ** 63n;

/**
 * The value of an unquoted scalar, or of a quoted one with an explicit tag.
 * Infinities and NaN come back as numbers: JSON has no such thing, the caller refuses them.
 */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.length > maxNumberLength) return text;
  if (text.startsWith('.')) return fraction.test(text) ? toNumber(text.replaceAll('_', ''), text) : text;
  if (!/^[-+\d]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  return resolveInteger(digits) ?? (decimal.test(digits) ? toNumber(digits, text) : text);
}

/** Integers with a radix, of 64 bits; plain decimal ones are left to the decimal pattern, which reads them the same. */
function resolveInteger(digits: string): number | undefined {
  const isNegative = digits.startsWith('-');
  const magnitude = digits.replace(/^[-+]/, '');
  const octalDigits = octal.exec(magnitude)?.[1];
  if (octalDigits === undefined && !prefixed.test(magnitude)) return undefined;
  const value = BigInt(octalDigits === undefined ? magnitude : `0o${octalDigits}`);
  if (value > (isNegative ? maxNegative : maxPositive)) return undefined;
  return Number(isNegative ? -value : value);
}

function toNumber(digits: string, text: string): number | string {
  const value = Number(digits);
  if (!Number.isFinite(value)) return text;
  return value === 0 ? 0 : value;
}

function toEntry<T>(value: T): (word: string) => readonly [string, T] {
  return (word) => [word, value];
}
