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

/** What was pasted or comes from a client must not steer a terminal. */
export function printable(text: string): string {
  let shown = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const steers = code < 0x20 || (code >= 0x7f && code < 0xa0) || isDirection(code);
    shown += steers ? `\\x${code.toString(16).padStart(2, '0')}` : char;
  }
  return shown;
}

/** Turns the direction of text, and so what seems to stand where. */
function isDirection(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}
