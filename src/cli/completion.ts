// `completion`: what a shell needs to complete commands, options and their values.
import process from 'node:process';
import { Argument, type Command } from 'commander';
import { type CommandDefinition, PROGRAM } from './command.ts';
import { bashScript } from './completion/bash.ts';
import { commandWords } from './completion/command-words.ts';
import { fishScript } from './completion/fish.ts';
import { zshScript } from './completion/zsh.ts';
import { VERSION } from './version.ts';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const completionCommand: CommandDefinition = {
  name: 'completion',
  description: 'print a script by which a shell completes commands and options',
  examples: [
    'source <(mattermost-ingress completion bash)    in ~/.bashrc',
    'source <(mattermost-ingress completion zsh)    in ~/.zshrc, after compinit',
    'mattermost-ingress completion fish > ~/.config/fish/completions/mattermost-ingress.fish',
  ],
  exitCodes: { 0: 'it was printed', 2: 'it was called wrongly' },
  configure: (command) => {
    const shell = new Argument('<shell>', 'the shell that is to complete').choices(Object.keys(SHELLS));
    command.addArgument(shell).action((name: keyof typeof SHELLS) => {
      const facts = { program: PROGRAM, version: VERSION };
      process.stdout.write(SHELLS[name](commandWords(rootOf(command)), facts));
    });
  },
};

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
