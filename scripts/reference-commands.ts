// docs/reference/commands.md: every command as its help describes it.
import type { Command, Help } from 'commander';
import { type CommandDefinition, PROGRAM } from '../src/cli/command.ts';
import { createProgram, loadCommands } from '../src/cli/program.ts';

/** Its many options have a page of their own. */
const ELSEWHERE: Readonly<Record<string, string>> = { run: 'options.md' };

export async function commandsPage(): Promise<string> {
  const commands = await loadCommands();
  const program = createProgram(commands);
  return `${[
    '# Commands',
    '',
    '<!-- Generated from src/cli by "npm run generate". Do not edit. -->',
    '',
    `The same is printed by \`${PROGRAM} COMMAND --help\`. A command, option or field that does not exist is answered with the`,
    'one that was probably meant. Answers go to standard output, complaints and progress to standard error. Colours are shown',
    'on a terminal; with `NO_COLOR` nowhere, with `FORCE_COLOR` everywhere.',
    '',
    ...commands.flatMap((definition) => sections(program, definition)),
  ].join('\n')}`;
}

function sections(parent: Command, definition: CommandDefinition): readonly string[] {
  const { name, description, examples, exitCodes, notes = [], subcommands = [] } = definition;
  const command = parent.commands.find((each) => each.name() === name);
  if (command === undefined) throw new Error(`Command ${name} is in the table and not in the program`);
  const help = command.createHelp();
  const usage = help.commandUsage(command);
  return [
    `## ${usage.replace(/ [[<].*$/u, '').replace(`${PROGRAM} `, '')}`,
    '',
    `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    '',
    '```',
    usage,
    '```',
    '',
    ...optionRows(command, help),
    'Examples:',
    '',
    '```',
    ...examples,
    '```',
    '',
    ...notes.flatMap((note) => [note, '']),
    '| Exit code | Meaning |',
    '| --- | --- |',
    ...Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...subcommands.flatMap((each) => sections(command, each)),
  ];
}

function optionRows(command: Command, help: Help): readonly string[] {
  const page = ELSEWHERE[command.name()];
  if (page !== undefined) return [`Its options have [a page of their own](${page}).`, ''];
  const rows = [
    ...help
      .visibleArguments(command)
      .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)] as const),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => [help.optionTerm(option), help.optionDescription(option)] as const),
  ];
  if (rows.length === 0) return [];
  return [
    '| Argument or option | Meaning |',
    '| --- | --- |',
    ...rows.map(([term, meaning]) => `| \`${inTable(term)}\` | ${inTable(meaning)} |`),
    '',
  ];
}

function inTable(text: string): string {
  return text.replaceAll('|', '\\|');
}
