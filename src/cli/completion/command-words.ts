// What may be typed after the words of a command, read from the commands themselves; each shell writes it its own way.
import type { Command, Option } from 'commander';

export type Value =
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** What only the user knows, such as a number. */
  | { readonly kind: 'free' };

export type Described = { readonly name: string; readonly description: string };

export type OptionWords = {
  /** As `--manifests`; the short form, if any, comes last. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent where the option takes none. */
  readonly value: Value | undefined;
};

export type CommandWords = {
  /** Words after that of the program; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Described[];
  readonly options: readonly OptionWords[];
  readonly operand: Value | undefined;
};

/** The command itself first, then all below it. */
export function commandWords(command: Command, path = ''): readonly CommandWords[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const commands = below.map((each) => ({
    name: each.name(),
    description: each.summary() || each.description(),
  }));
  const own: CommandWords = {
    path,
    commands,
    options: help.visibleOptions(command).map(optionWords),
    operand: operandOf(command),
  };
  const names = commands.map(({ name }) => name).filter((name) => name !== 'help');
  return [
    own,
    ...below.flatMap((each) => {
      const [first, ...others] = commandWords(each, `${path} ${each.name()}`.trim());
      if (first === undefined) return others;
      // Commander's own command `help` is asked about its siblings.
      const isHelp = each.name() === 'help' && !command.commands.includes(each);
      return [isHelp ? { ...first, operand: { kind: 'words', words: names } as const } : first, ...others];
    }),
  ];
}

function optionWords({ long, short, description, flags, argChoices }: Option): OptionWords {
  const names = [long, short].filter((name) => name !== undefined);
  const placeholder = /[<[](?<name>[^>\]]+)[>\]]/u.exec(flags)?.groups?.['name'];
  return {
    names,
    description,
    value: placeholder === undefined ? undefined : valueOf(placeholder, argChoices),
  };
}

function operandOf({ registeredArguments: [first] }: Command): Value | undefined {
  return first === undefined ? undefined : valueOf(first.name(), first.argChoices);
}

/** @param placeholder as people read it: FILE, files, DIR, `on|off`, PORT */
function valueOf(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (/^(?:file|path)s?$/iu.test(placeholder)) return { kind: 'file' };
  if (/^(?:dir|folder)$/iu.test(placeholder)) return { kind: 'folder' };
  return placeholder.includes('|') ? { kind: 'words', words: placeholder.split('|') } : { kind: 'free' };
}
