// `completion`: each shell reads its script and offers what the commands really take. bash and fish are asked as
// they ask themselves; zsh outside of its line editor runs our function with stand-ins for its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The program is started once for each shell. */
const START_TIMEOUT_MS = 60_000;
const ROOT = join(import.meta.dirname, '../..');

/** What has been typed so far, the last word being completed, and what is offered: all of it, in any order. */
type Row = { readonly words: readonly string[]; readonly offered: readonly string[] };

const table: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['cr'], ['crd']],
  [['che'], ['check']],
  [
    ['run', '--http2', ''],
    ['on', 'off'],
  ],
  [
    ['run', '--secrets-mode', ''],
    ['cluster', 'namespaces', 'named'],
  ],
  [
    ['run', '--http'],
    ['--http2', '--http-port', '--https-port'],
  ],
  [['run', '--http-port', ''], []],
  [['run', '--http2', 'on', '--admin-u'], ['--admin-ui']],
  // Options of another command are none of this one.
  [['crd', '--manif'], []],
  [['demo', '--to'], ['--tour']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['help', 'cr'], ['crd']],
  [['check', 'pol'], ['policy one.yaml']],
  [['run', '--kubeconfig', 'ku'], ['kube.config']],
  [['migrate', '--kubeconfig', 'ku'], ['kube.config']],
  // A file, or a command below it.
  [['migrate', 'f'], ['f5']],
  [['migrate', 'pol'], ['policy one.yaml']],
  [['migrate', 'f5', '--ho'], ['--host']],
];
const rows: readonly Row[] = table.map(([words, offered]) => ({ words, offered }));

let folder = '';
const scripts = new Map<string, string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  mkdirSync(join(folder, 'manifests'));
  writeFileSync(join(folder, 'policy one.yaml'), '');
  writeFileSync(join(folder, 'kube.config'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'src/main.ts'), 'completion', shell], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, stdout);
    scripts.set(shell, file);
  }
}, START_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true }));

/** Lines that a shell prints; undefined where it is not installed. A word of complaint is a failure. */
function ask(
  shell: string,
  options: readonly string[],
  args: readonly string[],
): readonly string[] | undefined {
  const { error, status, stdout, stderr } = spawnSync(shell, [...options, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
  });
  if (error !== undefined) return undefined;
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

const script = (shell: string) => scripts.get(shell) ?? '';
const sorted = (words: readonly string[]) => [...words].sort();

describe('bash', () => {
  const complete = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _mattermost_ingress 2> >(grep -v compopt >&2); printf '%s\\n' "\${COMPREPLY[@]}"`;
  const offer = (words: readonly string[]) =>
    ask('bash', ['--norc', '-c', complete, 'bash'], [script('bash'), 'mattermost-ingress', ...words]);

  test.for(rows)('$words', ({ words, offered }, context) => {
    const found = offer(words);
    if (found === undefined) return context.skip('bash is not installed');
    expect(sorted(found)).toEqual(sorted(offered));
  });

  test('a value after an equals sign, which are three words to bash', (context) => {
    const found = offer(['run', '--http2', '=', 'of']);
    if (found === undefined) return context.skip('bash is not installed');
    expect(found).toEqual(['off']);
  });

  test('folders for what is a folder', (context) => {
    const found = offer(['run', '--manifests', '']);
    if (found === undefined) return context.skip('bash is not installed');
    expect(found).toEqual(['manifests']);
  });
});

describe('fish', () => {
  test.for(rows)('$words', ({ words, offered }, context) => {
    const line = `source ${script('fish')}; complete -C "mattermost-ingress ${words.join(' ')}"`;
    const found = ask('fish', ['--no-config', '-c', line], []);
    if (found === undefined) return context.skip('fish is not installed');
    const names = found.map((each) => (each.split('\t')[0] ?? '').replaceAll('\\', ''));
    expect(sorted(names)).toEqual(sorted(offered));
  });
});

describe('zsh', () => {
  // Each prints what zsh would be told to offer; zsh itself leaves out what does not begin with the word.
  const standIns = `compdef() { : }; compset() { : }
    compadd() { shift; print -l -- "$@" }
    _describe() { local list=$@[-1]; print -l -- \${\${(P)list}%%:*} }
    _files() { [[ $1 == -/ ]] && print -l -- *(/N) || print -l -- *(.N) }
    source $1; shift
    words=(mattermost-ingress "$@"); CURRENT=$#words; PREFIX=$words[-1]
    _mattermost_ingress`;

  test.for(rows)('$words', ({ words, offered }, context) => {
    const found = ask('zsh', ['-f', '-c', standIns, 'zsh'], [script('zsh'), ...words]);
    if (found === undefined) return context.skip('zsh is not installed');
    const beginning = found.filter((each) => each.startsWith(words.at(-1) ?? ''));
    expect(sorted(beginning)).toEqual(sorted(offered));
  });
});
