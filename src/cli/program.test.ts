// Every command, whichever are added: it says what it does, how it is called, and what its exit codes mean.
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { type CommandDefinition, PROGRAM } from './command.ts';
import { createProgram, loadCommands } from './program.ts';

type Row = { readonly path: string; readonly definition: CommandDefinition; readonly command: Command };

const all = await loadCommands();
const rows = rowsBelow(createProgram(all), all, '');

function rowsBelow(
  parent: Command,
  definitions: readonly CommandDefinition[],
  before: string,
): readonly Row[] {
  return definitions.flatMap((definition) => {
    const command = find(parent, definition.name);
    const path = `${before} ${definition.name}`.trim();
    return [{ path, definition, command }, ...rowsBelow(command, definition.subcommands ?? [], path)];
  });
}

function find(parent: Command, name: string): Command {
  const command = parent.commands.find((each) => each.name() === name);
  if (command === undefined) throw new Error(`No command ${name} below ${parent.name()}`);
  return command;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}

test('each is loaded alone where it alone is called, and all of them for those that speak of all', async () => {
  const namesFor = async (called: string) => (await loadCommands(called)).map(({ name }) => name);
  const names = all.map(({ name }) => name);
  for (const called of ['completion', 'help', '--help', 'chekc', 'constructor'])
    expect(await namesFor(called)).toEqual(names);
  for (const name of names.filter((each) => each !== 'completion'))
    expect(await namesFor(name)).toEqual([name]);
  expect(await namesFor('--version')).toEqual([]);
});

describe.each(rows)('$path', ({ path, definition, command }) => {
  test('has a description of one line without a full stop', () => {
    expect(definition.description).toMatch(/^[a-z][^\n]{15,90}[^.\n]$/u);
  });

  test('shows examples and exit codes in its help', () => {
    const help = helpOf(command);
    for (const line of definition.examples) expect(help).toContain(`\n  ${line}`);
    for (const meaning of Object.values(definition.exitCodes)) expect(help).toContain(`  ${meaning}`);
    // Wrong usage of any command ends with it.
    expect(Object.keys(definition.exitCodes)).toEqual(expect.arrayContaining(['0', '2']));
  });

  test('has examples that call it with options it has', () => {
    for (const line of definition.examples) {
      const call = line.split(/ \| | && |<\(/u).find((part) => part.startsWith(`${PROGRAM} ${path}`));
      expect(call, line).toBeDefined();
      const asked = [...(call ?? '').matchAll(/ (?<option>--[a-z0-9-]+)/gu)].map(
        ({ groups }) => groups?.['option'],
      );
      const known = command.options.map(({ long }) => long);
      expect(asked.filter((option) => option !== '--help' && !known.includes(option ?? ''))).toEqual([]);
    }
  });

  test('says of each option and argument what it is', () => {
    const { options, registeredArguments } = command;
    for (const { description } of [...options, ...registeredArguments])
      expect(description.length).toBeGreaterThan(8);
  });
});
