// A curl command as people paste it ("Copy as cURL") -> the request it would send.
import { nearestName } from '../api/near-names.ts';
import { CURL_OPTIONS, type CurlEffect, takesValue } from './curl-options.ts';
import { CurlRequest } from './curl-request.ts';
import { DraftProblem, type RequestDraft } from './draft.ts';
import { type ShellProblem, type ShellWord, shellWords } from './shell-words.ts';

const LONG_NAMES = [...CURL_OPTIONS.keys()].filter((name) => name.length > 2);

/** Throws a DraftProblem that says where it stopped, and what was understood. */
export function readCurl(text: string): RequestDraft {
  if (/\^"|\^\r?\n/.test(text))
    throw new DraftProblem(
      text,
      text.indexOf('^'),
      'this was copied for cmd of Windows: copy as cURL (bash)',
    );
  return new CurlReader(text).read();
}

class CurlReader {
  readonly #text: string;
  readonly #words: readonly ShellWord[];
  /** Behind the last word. */
  readonly #end: ShellProblem | undefined;
  readonly #request = new CurlRequest();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    const { words, problem } = shellWords(text);
    this.#words = words;
    this.#end = problem;
  }

  read(): RequestDraft {
    const [first] = this.#words;
    if (first !== undefined && first.text !== 'curl')
      throw this.#problem(first, 'a curl command begins with curl');
    for (this.#at = 1; this.#at < this.#words.length; this.#at++) {
      const word = this.#words[this.#at];
      if (word === undefined) break;
      if (word.text.startsWith('-') && word.text !== '-') this.#option(word);
      else this.#setUrl(word, word.text);
    }
    if (this.#end !== undefined) throw this.#problem(this.#end, this.#end.what);
    const { url } = this.#request;
    if (url === undefined) throw this.#problem(undefined, 'no URL is given');
    return this.#request.draft(url);
  }

  #option(word: ShellWord): void {
    const { text } = word;
    const effect = CURL_OPTIONS.get(text);
    if (effect !== undefined) {
      this.#apply(effect, word, takesValue(effect) ? this.#valueOf(word) : '');
      return;
    }
    if (/^-[^-]./.test(text)) {
      this.#cluster(word);
      return;
    }
    // Anything may stand behind the name.
    const name = /^-[\w.#-]*/.exec(text)?.[0] ?? '-';
    const near = nearestName(name, LONG_NAMES);
    const remedy =
      near === undefined ? 'leave it out if it says nothing of the request' : `did you mean ${near}?`;
    throw this.#problem(word, `the option ${name} is not understood: ${remedy}`);
  }

  /** `-sSkX POST`, `-XPOST`: short options in one word, the last of them perhaps with its value. */
  #cluster(word: ShellWord): void {
    for (let at = 1; at < word.text.length; at++) {
      const name = `-${word.text[at]}`;
      const effect = CURL_OPTIONS.get(name);
      if (effect === undefined) throw this.#problem(word, `the option ${name} is not understood`);
      if (takesValue(effect)) {
        const rest = word.text.slice(at + 1);
        this.#apply(effect, word, rest === '' ? this.#valueOf(word) : rest);
        return;
      }
      this.#apply(effect, word, '');
    }
  }

  #valueOf(option: ShellWord): string {
    const value = this.#words[++this.#at];
    if (value === undefined && this.#end !== undefined) throw this.#problem(this.#end, this.#end.what);
    if (value === undefined) throw this.#problem(option, `the option ${option.text} lacks its value`);
    return value.text;
  }

  #apply(effect: CurlEffect, word: ShellWord, value: string): void {
    switch (effect.kind) {
      case 'method':
        this.#request.method = value;
        return;
      case 'url':
        this.#setUrl(word, value);
        return;
      case 'header':
        this.#header(word, value);
        return;
      case 'cookie':
        if (!value.includes('='))
          throw this.#problem(word, 'a file of cookies is not read: give them as text');
        this.#request.cookies.push(value);
        return;
      default:
        this.#request.apply(effect, value);
    }
  }

  #setUrl(word: ShellWord, url: string): void {
    if (this.#request.url !== undefined)
      throw this.#problem(word, 'a second URL: explain one request at a time');
    this.#request.url = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
  }

  /** `Name: value` sends it, `Name;` sends it empty, `Name:` leaves it out. */
  #header(word: ShellWord, line: string): void {
    const empty = /^([^:;]+);$/.exec(line)?.[1];
    if (empty !== undefined) {
      this.#request.fields.push([empty, '']);
      return;
    }
    const colon = line.indexOf(':');
    if (colon < 1) throw this.#problem(word, 'a header is NAME: VALUE');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (value === '') this.#request.leaveOut(name);
    else this.#request.fields.push([name, value]);
  }

  #problem(word: { readonly at: number } | undefined, problem: string): DraftProblem {
    return new DraftProblem(this.#text, word?.at ?? this.#text.length, problem, this.#request.understood);
  }
}
