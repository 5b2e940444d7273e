// The program as a tree of commands. Help, completion and the reference are made from the same tree.
import process from 'node:process';
import { Command } from 'commander';
import { addCommand, type CommandDefinition, helpTail, PROGRAM, title } from './command.ts';
import { printable } from '../explain/wording.ts';
import { hasColours } from './terminal.ts';
import { versionLine } from './version.ts';

/** All commands, in the order in which help lists them. The controller has no use for the demo, nor `--version` for any. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  crd: async () => (await import('./crd.ts')).crdCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
};

/** It speaks of all the others. */
const SPEAKS_OF_ALL = 'completion';

/** What holds for every command. */
const WHOLE = {
  examples: [`${PROGRAM} demo --tour`, `${PROGRAM} check ./manifests`, `${PROGRAM} run --help`],
  notes: ['Colours are shown on a terminal; with NO_COLOR nowhere, with FORCE_COLOR everywhere.'],
  exitCodes: {
    0: 'all is well',
    1: 'something was found to be wrong',
    2: 'it was called wrongly, or could not start',
  },
} as const;

/** @param called the first word of a command line, where only what it needs is to be loaded */
export async function loadCommands(called?: string): Promise<readonly CommandDefinition[]> {
  if (called === '--version' || called === '-V') return [];
  const wanted = Object.entries(COMMANDS).filter(([name]) => name === called && name !== SPEAKS_OF_ALL);
  const loaders = wanted.length === 0 ? Object.values(COMMANDS) : wanted.map(([, load]) => load);
  return Promise.all(loaders.map((load) => load()));
}

/** @returns commands ready to parse; wrong usage ends the process */
export function createProgram(commands: readonly CommandDefinition[]): Command {
  const program = new Command(PROGRAM)
    .description('Ingress controller for Mattermost')
    // What stands behind a command is for that command, also where those above know the option.
    .enablePositionalOptions()
    .version(versionLine(PROGRAM), '-V, --version', 'say what this is: version, commit, Node and platform')
    .showHelpAfterError(`See ${PROGRAM} --help`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .configureOutput({
      outputError: (said, write) => write(printableUsage(said)),
      getOutHasColors: () => hasColours(process.stdout, process.env),
      getErrHasColors: () => hasColours(process.stderr, process.env),
    })
    .configureHelp({ styleTitle: title })
    .addHelpText('after', helpTail(WHOLE));
  for (const definition of commands) addCommand(program, definition);
  return program;
}

/** Quoted is what was typed, or what a shell made of names of files; below it stands what may have been meant. */
function printableUsage(said: string): string {
  const lines = said.trimEnd().split(/\n(?=\(Did you mean )/u);
  return `${lines.map(printable).join('\n')}\n`;
}
