// What the completion scripts of bash and zsh share: words in quotes, and the patterns of `case`.
import type { CommandWords, Value } from './command-words.ts';

export type ScriptFacts = { readonly program: string; readonly version: string };

/** One word for bash and zsh, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Of the command so far, a blank, and the next word: what makes it a longer command. */
export function pathPatterns(commands: readonly CommandWords[]): readonly string[] {
  return commands
    .filter(({ path }) => path !== '')
    .map(({ path }) => quoted(path.includes(' ') ? path : ` ${path}`));
}

/** After a command, a blank and an option that takes a value: cases that do what `offer` says. */
export function valueCases(
  commands: readonly CommandWords[],
  offer: (value: Value) => string,
): readonly string[] {
  const patterns = new Map<string, string[]>();
  for (const { path, options } of commands) {
    for (const { names, value } of options) {
      if (value === undefined) continue;
      const same = patterns.get(offer(value)) ?? [];
      patterns.set(offer(value), [...same, ...names.map((name) => quoted(`${path} ${name}`))]);
    }
  }
  return [...patterns].map(([action, options]) => `    ${options.join('|')}) ${action} ;;`);
}
