// Writes the CRD and the field reference from src/api, or compares them (`--check`). Run by `npm run generate`.
import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { CRD_YAML_OPTIONS, policyCrd } from '../src/api/crd.ts';
import { fieldReference } from './reference.ts';

const HELP = `Usage: node crds/generate.ts [--check | --help]

Writes crds/mattermostingresspolicies.yaml and crds/README.md from src/api.
  --check  write nothing; exit 1 if a file differs from what would be written
  --help   this text`;

/** A generated file: where it lies beside this one, and what it must hold. */
export type GeneratedFile = { readonly name: string; readonly content: string };

/** All generated files of this folder. */
export function generatedFiles(): readonly GeneratedFile[] {
  const note = '# Generated from src/api/policy.ts by "npm run generate". Do not edit.\n';
  return [
    { name: 'mattermostingresspolicies.yaml', content: note + stringify(policyCrd(), CRD_YAML_OPTIONS) },
    { name: 'README.md', content: fieldReference() },
  ];
}

/** Names of the files in the folder that differ from what they must hold; a missing one differs. */
async function findStale(folder: URL): Promise<readonly string[]> {
  const found = await Promise.all(
    generatedFiles().map(async ({ name, content }) => {
      const present = await readFile(new URL(name, folder), 'utf8').catch(() => undefined);
      return present === content ? [] : [name];
    }),
  );
  return found.flat();
}

/** Does what the options say in the folder; returns the exit code. `print` gets each line, errors marked. */
export async function generate(options: readonly string[], folder: URL, print: Print): Promise<number> {
  const [option, ...rest] = options;
  if (option === '--help' && rest.length === 0) {
    print('out', HELP);
    return 0;
  }
  if (option === '--check' && rest.length === 0) {
    const stale = await findStale(folder);
    for (const name of stale) {
      print('error', `File crds/${name} is not what src/api says; run: npm run generate`);
    }
    return stale.length === 0 ? 0 : 1;
  }
  if (option !== undefined) {
    print('error', `Unknown options ${options.join(' ')}\n\n${HELP}`);
    return 2;
  }
  for (const { name, content } of generatedFiles()) {
    await writeFile(new URL(name, folder), content);
    print('out', `Wrote crds/${name}`);
  }
  return 0;
}

type Print = (stream: 'out' | 'error', line: string) => void;

if (import.meta.main) {
  const print: Print = (stream, line) => (stream === 'out' ? console.log(line) : console.error(line));
  process.exitCode = await generate(process.argv.slice(2), new URL('./', import.meta.url), print);
}
