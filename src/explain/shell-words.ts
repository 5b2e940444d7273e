// A pasted shell command as words, quoted in the ways that browsers and people quote. Nothing of it is ever run, and
// what a shell would put in place of something (variables, commands) is refused.
export type ShellWord = { readonly text: string; readonly at: number };

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What a shell would have done with it, or could not do. */
export type ShellProblem = { readonly at: number; readonly what: string };

export type ShellWords = {
  /** Those before the problem, where there is one. */
  readonly words: readonly ShellWord[];
  readonly problem: ShellProblem | undefined;
};

export function shellWords(text: string): ShellWords {
  const words: ShellWord[] = [];
  const reader = new WordReader(text);
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word);
  return { words, problem: reader.problem };
}

class WordReader {
  /** Where it ended before its end. */
  problem: ShellProblem | undefined;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): ShellWord | undefined {
    this.#skipBlanks();
    if (this.#at >= this.#text.length) return undefined;
    const at = this.#at;
    let word = '';
    while (this.#at < this.#text.length && !/\s/.test(this.#char)) word += this.#part();
    return this.problem === undefined ? { text: word, at } : undefined;
  }

  get #char(): string {
    return this.#text[this.#at] ?? '';
  }

  /** A backslash at the end of a line goes on in the next one. */
  #skipBlanks(): void {
    for (;;) {
      const blank = /^(?:\s|\\\r?\n)+/.exec(this.#text.slice(this.#at));
      if (blank === null) return;
      this.#at += blank[0].length;
    }
  }

  #part(): string {
    const char = this.#char;
    if (char === "'") return this.#single();
    if (char === '"') return this.#double();
    if (char === '$' && this.#text[this.#at + 1] === "'") return this.#escaped();
    if (char === '\\') return this.#backslash();
    if ('$`|;&<>()'.includes(char))
      return this.#stop(
        this.#at,
        `${char} is for a shell: quote the word, or leave out what follows the command`,
      );
    this.#at++;
    return char;
  }

  #backslash(): string {
    const pair = /^\\(\r?\n|[\s\S])?/.exec(this.#text.slice(this.#at))?.[0] ?? '\\';
    this.#at += pair.length;
    return pair.endsWith('\n') ? '' : pair.slice(1);
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end === -1) return this.#stop(this.#at, "the quote ' is never closed");
    const inside = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return inside;
  }

  #double(): string {
    const start = this.#at;
    let inside = '';
    for (this.#at++; this.#char !== '"'; ) {
      if (this.#at >= this.#text.length) return this.#stop(start, 'the quote " is never closed');
      if (this.#char === '$' || this.#char === '`')
        return this.#stop(this.#at, `${this.#char} in double quotes is for a shell: use single quotes`);
      if (this.#char === '\\' && /["\\$`\n]/.test(this.#text[this.#at + 1] ?? ''))
        inside += this.#backslash();
      else {
        inside += this.#char;
        this.#at++;
      }
    }
    this.#at++;
    return inside;
  }

  /** `$'...'`, as browsers write what holds quotes or letters beyond ASCII. */
  #escaped(): string {
    const start = this.#at;
    let inside = '';
    for (this.#at += 2; this.#char !== "'"; ) {
      if (this.#at >= this.#text.length) return this.#stop(start, "the quote $' is never closed");
      const found = /^\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/.exec(
        this.#text.slice(this.#at, this.#at + 6),
      );
      if (found === null) inside += this.#char;
      else inside += unescaped(found);
      this.#at += found === null ? 1 : found[0].length;
    }
    this.#at++;
    return inside;
  }

  /** Nothing is read beyond. */
  #stop(at: number, what: string): string {
    this.problem = { at, what };
    this.#at = this.#text.length;
    return '';
  }
}

function unescaped([, unicode, hex, octal, letter]: readonly (string | undefined)[]): string {
  if (unicode !== undefined || hex !== undefined)
    return String.fromCharCode(Number.parseInt(unicode ?? hex ?? '', 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  return ESCAPES[letter ?? ''] ?? letter ?? '';
}
