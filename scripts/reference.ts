// Writes the pages of docs/reference from the code they describe, or compares them (`--check`). Run by `npm run generate`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metricsReference } from '../src/observe/metrics-reference.ts';
import { annotationsPage } from './reference-annotations.ts';
import { answersPage } from './reference-answers.ts';
import { commandsPage } from './reference-commands.ts';
import { conditionsPage } from './reference-conditions.ts';
import { optionsPage } from './reference-options.ts';

const HELP = `Usage: node scripts/reference.ts [--check | --help]

Writes the pages of docs/reference from src.
  --check  write nothing; exit 1 if a page differs from what would be written
  --help   this text`;
const FOLDER = join(import.meta.dirname, '../docs/reference');

async function pages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['metrics.md', metricsReference()],
    ['commands.md', await commandsPage()],
    ['options.md', optionsPage()],
    ['conditions.md', conditionsPage()],
    ['answers.md', answersPage()],
    ['annotations.md', annotationsPage()],
  ]);
}

async function write(): Promise<number> {
  await mkdir(FOLDER, { recursive: true });
  for (const [name, content] of await pages()) {
    await writeFile(join(FOLDER, name), content);
    console.log(`Wrote docs/reference/${name}`);
  }
  return 0;
}

async function check(): Promise<number> {
  let stale = 0;
  for (const [name, content] of await pages()) {
    const present = await readFile(join(FOLDER, name), 'utf8').catch(() => undefined);
    if (present === content) continue;
    console.error(`File docs/reference/${name} is not what src says; run: npm run generate`);
    stale++;
  }
  return stale === 0 ? 0 : 1;
}

async function run([option]: readonly string[]): Promise<number> {
  if (option === undefined) return write();
  if (option === '--check') return check();
  if (option === '--help') {
    console.log(HELP);
    return 0;
  }
  console.error(`Unknown option ${option}\n\n${HELP}`);
  return 2;
}

process.exitCode = await run(process.argv.slice(2));
