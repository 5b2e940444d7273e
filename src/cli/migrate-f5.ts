// `migrate f5`: the objects of a BIG-IP by options or an answers file -> the policy that does the same.
import process from 'node:process';
import type { Command } from 'commander';
import { f5Section } from '../migrate/f5-policy.ts';
import { type Answers, F5_QUESTIONS, readAnswers } from '../migrate/f5-questions.ts';
import { printSections } from '../migrate/printed.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import { givenFor } from './flag-option.ts';
import { readDocuments } from './input/input-documents.ts';
import { nameOfInput } from './input/input-text.ts';
import { VERSION } from './version.ts';

export const migrateF5Command: CommandDefinition = {
  name: 'f5',
  description: 'write the policy that does what a BIG-IP LTM in front of Mattermost does',
  examples: [
    'mattermost-ingress migrate f5 --host chat.example.com --service mattermost:8065 --tls-secret chat-tls --org-cidr 192.0.2.0/24 --secret preauth',
    'mattermost-ingress migrate f5 --answers f5.yaml',
  ],
  exitCodes: {
    0: 'the policy was written',
    2: 'an answer is missing or cannot be used, or it was called wrongly',
  },
  notes: [
    'The keys of the answers file are the names of the options: host: chat.example.com, org-cidr: [192.0.2.0/24].',
    'Options beat the file. What need not stand in the history of a shell goes into the file, or into a Secret: --secret.',
  ],
  configure: (command: Command) => {
    for (const { name, value, text, isList, choices } of F5_QUESTIONS) {
      const words = choices === undefined ? text : `${text}: ${choices.join(', ')}`;
      command.option(`--${name} <${value}${isList === true ? '...' : ''}>`, words);
    }
    command
      .option('--answers <FILE>', 'YAML file with the answers; - for standard input')
      .action((options: Readonly<Record<string, unknown>>) => run(options));
  },
};

async function run(options: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    const { answers: file } = options;
    const given = typeof file === 'string' ? await readFile(file) : new Map();
    const section = f5Section(new Map([...given, ...readOptions(options)]));
    process.stdout.write(
      printSections([`Written by mattermost-ingress migrate f5, version ${VERSION}.`], [section]),
    );
  } catch (error) {
    giveUp(error, 'See mattermost-ingress migrate f5 --help');
  }
}

/** A few lines are read at once. */
const NO_PROGRESS = { show: () => undefined, end: () => undefined };

async function readFile(path: string): Promise<Answers> {
  const documents = (await readDocuments([path], NO_PROGRESS)).filter((document) => document !== null);
  const name = nameOfInput(path);
  if (documents.length > 1) throw new Error(`${name} must hold one document`);
  return readAnswers(documents[0], name);
}

/** Options by the name that they have on the command line. */
function readOptions(options: Readonly<Record<string, unknown>>): Answers {
  const given = F5_QUESTIONS.flatMap(({ name }) => {
    const value = givenFor(name, options);
    return value === undefined ? [] : [[name, value] as const];
  });
  return readAnswers(Object.fromEntries(given), 'The command line');
}
