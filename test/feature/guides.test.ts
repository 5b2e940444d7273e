// Every guide in docs/ as its reader would follow it: its files, its commands, and what they print. The marks by which a
// guide says what is to be done with a block stand in test/support/guide.ts.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { isRecord } from '../../src/api/json-access.ts';
import { specSchema } from '../../src/api/policy.ts';
import { filesBelow } from '../architecture/walker.ts';
import { errorsOf } from '../support/checked.ts';
import { type GuideBlock, guideBlocks, matchesOutput, programCalls } from '../support/guide.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'src/main.ts');
const GUIDES = [...filesBelow(ROOT, 'docs', '.md'), 'README.md'].filter(
  (page) => !page.startsWith('docs/reference/'),
);
let programs = '';
let folder = '';

beforeAll(() => {
  programs = mkdtempSync(join(tmpdir(), 'guide-programs-'));
  folder = mkdtempSync(join(tmpdir(), 'guides-'));
  const shim = (name: string, script: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  shim('mattermost-ingress', `exec "${process.execPath}" "${PROGRAM}" "$@"`);
  // Readers call it from the root of the repository; here it must find the files of the guide instead.
  shim(
    'npx',
    `[ "$1 $2" = "node src/main.ts" ] && shift 2 && exec "${process.execPath}" "${PROGRAM}" "$@"\nexit 127`,
  );
  symlinkSync(process.execPath, join(programs, 'node'));
});

afterAll(() => {
  for (const each of [programs, folder]) rmSync(each, { recursive: true, force: true });
});

type Ending = { readonly code: number | null; readonly output: string };

/** Runs a script with the program on its path; what it prints on both streams stays in its order. */
async function run(script: string, directory: string, input = ''): Promise<Ending> {
  const env = { PATH: `${programs}:${process.env['PATH']}`, HOME: directory };
  const child = spawn('sh', ['-e', '-c', `exec 2>&1\n${script}`], { cwd: directory, env });
  // A script need not read what it is given.
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const output = await text(child.stdout);
  return { code: await ended, output };
}

/** A fragment of a policy, made whole; undefined for a text that is no such fragment. */
function wholePolicy(content: string): string | undefined {
  const value: unknown = parse(content);
  if (!isRecord(value) || 'apiVersion' in value) return undefined;
  const spec = isRecord(value['spec']) && Object.keys(value).length === 1 ? value['spec'] : value;
  if (!Object.keys(spec).every((name) => Object.hasOwn(specSchema.properties, name))) return undefined;
  const attached = 'route' in spec || 'targetRefs' in spec;
  const place = attached
    ? {}
    : { route: { hosts: ['chat.example.com'], service: { name: 'mattermost', port: 8065 } } };
  const admission = isRecord(spec['admission'])
    ? { defaultAction: 'Deny', ...spec['admission'] }
    : { defaultAction: 'Allow' };
  return stringify({
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name: 'fragment', namespace: 'mattermost' },
    spec: { ...place, ...spec, admission },
  });
}

function tryYaml({ text: content }: GuideBlock): void {
  expect(parseAllDocuments(content).flatMap(({ errors }) => errors)).toEqual([]);
  const checked = /^apiVersion:/mu.test(content) ? content : wholePolicy(content);
  const errors = checked === undefined ? [] : errorsOf(checked);
  if (errors.length > 0) throw new Error(errors.join('\n'));
}

const helps = new Map<string, Promise<Ending>>();

async function tryCalls({ text: script }: GuideBlock): Promise<void> {
  for (const { command, flags } of programCalls(script)) {
    const help = helps.get(command) ?? run(`mattermost-ingress ${command} --help`, folder);
    helps.set(command, help);
    const { output } = await help;
    const [name = ''] = command.split(' ');
    if (!output.includes(`Usage: mattermost-ingress ${name} `))
      throw new Error(`There is no command ${name}`);
    const unknown = flags.filter((flag) => !new RegExp(`(^|\\s)${flag}([ ,\n]|$)`, 'u').test(output));
    if (unknown.length > 0) throw new Error(`${command} has no ${unknown.join(', ')}`);
  }
}

/** Follows a guide from its first block to its last. @returns what is not as the guide says, by line */
async function follow(markdown: string, directory: string): Promise<readonly string[]> {
  const failures: string[] = [];
  let last: Ending = { code: 0, output: '' };
  for (const block of guideBlocks(markdown)) {
    try {
      last = await tryBlock(block, directory, last);
    } catch (error) {
      failures.push(`Line ${block.line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures;
}

/** @param last how the last script ended @returns how the last one has ended now */
async function tryBlock(block: GuideBlock, directory: string, last: Ending): Promise<Ending> {
  const { mark, language, text: content } = block;
  if (mark.kind === 'not-tried') return last;
  if (mark.kind === 'output') {
    if (!matchesOutput(last.output, content)) throw new Error(`was printed instead: ${last.output}`);
    return last;
  }
  if (mark.kind === 'file') writeFileSync(join(directory, mark.name), content);
  if (language === 'yaml') tryYaml(block);
  if (language === 'sh') await tryCalls(block);
  if (mark.kind !== 'run') return last;
  const ending = await run(content, directory);
  if (ending.code !== mark.exitCode) throw new Error(`ends with ${ending.code}: ${ending.output}`);
  return ending;
}

describe('a reader can do what stands in', () => {
  test.each(GUIDES)('%s', { timeout: 60_000 }, async (page) => {
    const directory = join(folder, page.replaceAll('/', '-'));
    mkdirSync(directory);
    expect(await follow(readFileSync(join(ROOT, page), 'utf8'), directory)).toEqual([]);
  });
});

describe('a guide that is wrong is found out', () => {
  const policy = (action: string) =>
    `apiVersion: mattermost-ingress.io/v1alpha1\nkind: MattermostIngressPolicy\nmetadata: {name: a, namespace: b}\nspec: {route: {hosts: [a.example.com], service: {name: a, port: 1}}, admission: {defaultAction: ${action}}}\n`;
  test.each([
    ['a policy that is none', `\`\`\`yaml\n${policy('Open')}\`\`\`\n`, 'Invalid'],
    ['a fragment that is none', '```yaml\nlimits: {requestsPerSecond: many}\n```\n', 'Invalid'],
    ['a script that fails', '<!-- run -->\n```sh\nfalse\n```\n', 'ends with 1'],
    ['another exit code', '<!-- run: 1 -->\n```sh\nexit 2\n```\n', 'ends with 2'],
    ['an option that does not exist', '```sh\nnpx node src/main.ts check --jsn a.yaml\n```\n', '--jsn'],
    ['a command that does not exist', '```sh\nmattermost-ingress chek a.yaml\n```\n', 'chek'],
    [
      'another output',
      '<!-- run -->\n```sh\necho 1\n```\n\n<!-- output -->\n```\n2\n```\n',
      'was printed instead: 1',
    ],
  ])('%s', async (_what, markdown, wanted) => {
    expect(await follow(markdown, folder)).toEqual([expect.stringContaining(wanted)]);
  });

  test('a mark that is none', () => {
    expect(() => guideBlocks('<!-- runs -->\n```sh\n```\n')).toThrow('this is none: runs');
  });

  test('and one that is right is not', async () => {
    const markdown = `<!-- file: a.yaml -->\n\`\`\`yaml\n${policy('Deny')}\`\`\`\n
<!-- run -->\n\`\`\`sh\nnpx node src/main.ts check --allow-missing \\\n  a.yaml   # or two\n\`\`\`\n
<!-- output -->\n\`\`\`\n…\n0 errors, 0 warnings in 1 policy of 1 file\n\`\`\`\n`;
    expect(guideBlocks(markdown).map(({ line }) => line)).toEqual([2, 10, 16]);
    expect(await follow(markdown, folder)).toEqual([]);
  });
});
