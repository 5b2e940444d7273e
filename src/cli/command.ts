// What every command says of itself, so that its help, its page in the reference and its completion are never missing.
import process from 'node:process';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { printable } from '../explain/wording.ts';
import { messageOf } from '../model/error-message.ts';
import { endWithReader } from './terminal.ts';

export const PROGRAM = 'mattermost-ingress';

/** What the numbers mean in every command. */
export type ExitCodes = Readonly<Record<number, string>>;

export type CommandDefinition = {
  readonly name: string;
  /** One line, as in the list of commands. */
  readonly description: string;
  /** Lines that can be typed as they are; words after three blanks are a remark. */
  readonly examples: readonly [string, ...string[]];
  /** Whoever calls it in a script decides by these. */
  readonly exitCodes: ExitCodes;
  /** What the options alone do not tell. */
  readonly notes?: readonly string[];
  /** Goes on when nobody reads what it prints. */
  readonly outlivesReader?: true;
  readonly subcommands?: readonly CommandDefinition[];
  /** Adds arguments, options and what is done. */
  readonly configure: (command: Command) => void;
};

/** Adds a command, and those below it, to the program or to a command. */
export function addCommand(parent: Command, definition: CommandDefinition): void {
  const { name, description, outlivesReader, subcommands = [] } = definition;
  const command = parent.command(name).description(description);
  command.showHelpAfterError(`See ${pathOf(command)} --help`);
  command.addHelpText('after', helpTail(definition));
  if (outlivesReader !== true) command.hook('preAction', endWithReader);
  definition.configure(command);
  for (const subcommand of subcommands) addCommand(command, subcommand);
}

/** Says why a command could not do its work. Names of files, and what was typed, are anybody's. @param next what to do */
export function giveUp(error: unknown, next?: string): void {
  const lines = messageOf(error).split('\n').map(printable);
  process.stderr.write(`${[...lines, ...(next === undefined ? [] : [next])].join('\n')}\n`);
  process.exitCode = 2;
}

/** The words that call a command: `mattermost-ingress check`. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

/** What stands below the options in the help of a command. */
export function helpTail({
  examples,
  exitCodes,
  notes = [],
}: Pick<CommandDefinition, 'examples' | 'exitCodes' | 'notes'>): string {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return [
    '',
    title(examples.length === 1 ? 'Example:' : 'Examples:'),
    ...examples.map((line) => `  ${line}`),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
    title('Exit codes:'),
    ...codes,
  ].join('\n');
}

/** Where no colours are to be shown, the help as a whole loses them. */
export function title(text: string): string {
  return styleText('bold', text, { validateStream: false });
}
