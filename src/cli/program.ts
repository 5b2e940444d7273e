// The program as a tree of commands. Help, completion and the reference are made from the same tree.
import process from 'node:process';
import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { addCommand, type CommandDefinition, helpTail, PROGRAM, title } from './command.ts';
import { completionCommand } from './completion.ts';
import { crdCommand } from './crd.ts';
import { demoCommand } from './demo.ts';
import { migrateCommand } from './migrate.ts';
import { runCommand } from './run.ts';
import { hasColours } from './terminal.ts';
import { versionLine } from './version.ts';

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly CommandDefinition[] = [
  runCommand,
  demoCommand,
  checkCommand,
  migrateCommand,
  crdCommand,
  completionCommand,
];

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

/** @returns commands ready to parse; wrong usage ends the process */
export function createProgram(): Command {
  const program = new Command(PROGRAM)
    .description('Ingress controller for Mattermost')
    .version(versionLine(PROGRAM), '-V, --version', 'say what this is: version, commit, Node and platform')
    .showHelpAfterError(`See ${PROGRAM} --help`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .configureOutput({
      getOutHasColors: () => hasColours(process.stdout, process.env),
      getErrHasColors: () => hasColours(process.stderr, process.env),
    })
    .configureHelp({ styleTitle: title })
    .addHelpText('after', helpTail(WHOLE));
  for (const definition of COMMANDS) addCommand(program, definition);
  return program;
}
