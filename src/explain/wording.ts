// Small parts of sentences.

export type Tone = 'title' | 'good' | 'bad' | 'quiet';
/** Gives a word its colour, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const SHOWN = 5;

/** `a, b, c and 7 more`: a policy may name thousands of networks. */
export function listed(words: readonly string[], shown = SHOWN): string {
  const left = words.length - shown;
  return left <= 1 ? words.join(', ') : `${words.slice(0, shown).join(', ')} and ${left} more`;
}

/** `1 value`, `3 values`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** `110 MiB`; what is no whole number of a unit stays in a smaller one. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let count = bytes;
  while (unit < UNITS.length - 1 && count > 0 && count % 1024 === 0) {
    count /= 1024;
    unit++;
  }
  return `${count} ${UNITS[unit]}`;
}

const TITLE_WIDTH = 13;

/** A title, and beside it all that belongs to it. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, at) => `${(at === 0 ? title : '').padEnd(TITLE_WIDTH)}${line}`);
}

/** Control characters, and what turns the direction of text, and so what seems to stand where. */
// oxlint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** What was pasted, or is written by others, must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(STEERING, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Every text in a value that is to be shown, before colours come in. */
export function printableParts<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'string' ? printable(part) : part,
  ) as Value;
}

/** A line for tools, which may end up on a terminal all the same: what it says is not changed. */
export function printableJson(value: object): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(STEERING, escaped)}\n`;
}
