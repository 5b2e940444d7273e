// The commands that serve nothing: crd, and how wrong usage is answered. Each runs as a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { policyCrd } from '../../src/api/crd.ts';
import { runCommand } from '../support/command.ts';

const ROOT = join(import.meta.dirname, '../..');
const BAD = `
apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: mattermost}
spec: {}
`;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await writeFile(join(folder, 'bad.yaml'), BAD);
});

afterAll(() => rm(folder, { recursive: true }));

function run(args: readonly string[], input = '', environment: Readonly<Record<string, string>> = {}) {
  return runCommand(args, { home: folder, input, environment });
}

describe('crd', () => {
  test('prints the definition that the repository holds', async () => {
    const { code, out } = await run(['crd']);
    expect(code).toBe(0);
    expect(parse(out)).toEqual(JSON.parse(JSON.stringify(policyCrd())));
  });
});

describe('usage', () => {
  test.each([
    [['--help'], 0, 'Usage: mattermost-ingress'],
    [['run', '--help'], 0, 'Examples:'],
    [['check', '--help'], 0, 'Examples:'],
    [['crd', '--help'], 0, 'Example:'],
    [['--version'], 0, `mattermost-ingress 0.1.0 (Node ${process.version}, ${process.platform}-`],
  ])('%j', async (args, code, wanted) => {
    const result = await run(args);
    expect(result.code).toBe(code);
    expect(result.out).toContain(wanted);
  });

  test.each([
    [['fly'], "unknown command 'fly'"],
    [['run', '--fly'], "unknown option '--fly'"],
    [['run'], 'There is nothing to serve from'],
    [['check'], "missing required argument 'files'"],
  ])('%j is refused', async (args, wanted) => {
    const result = await run(args);
    expect(result.code).toBe(2);
    expect(result.error).toContain(wanted);
  });

  test.each([
    [['chekc'], '(Did you mean check?)\nSee mattermost-ingress --help\n'],
    [['check', '--jsno', 'x'], '(Did you mean --json?)\nSee mattermost-ingress check --help\n'],
    [
      ['completion', 'tcsh'],
      'Allowed choices are bash, zsh, fish.\nSee mattermost-ingress completion --help\n',
    ],
    [
      ['migrate', '--namespace', 'Web'],
      "argument 'Web' is invalid. It must be the name of a namespace: up to 63 small letters, digits and dashes.\nSee mattermost-ingress migrate --help\n",
    ],
    [
      ['check', '--take-over-class', 'nginx/public', 'x'],
      "argument 'nginx/public' is invalid. It must be the name of an IngressClass: small letters, digits, dashes and dots.\nSee mattermost-ingress check --help\n",
    ],
  ])('%j is told what was meant, and where to read more', async (args, wanted) => {
    const { code, out, error } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error.endsWith(wanted)).toBe(true);
  });

  test('a variable that is nearly an option is not passed over', async () => {
    const { code, error } = await run(['run', '--manifests', folder], '', {
      MATTERMOST_INGRESS_REQUIRE_POLCY: 'true',
    });
    expect(code).toBe(2);
    expect(error).toContain('Did you mean MATTERMOST_INGRESS_REQUIRE_POLICY?');
  });
});

describe('output', () => {
  test('that nobody reads on ends the program, without a stack', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'crd']);
    child.stdout.destroy();
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    expect([await text(child.stderr), await ended]).toEqual(['', 141]);
  });

  const coloured = '\u001B[31merror\u001B[39m';
  test.each([
    ['a pipe', {}, false],
    ['a pipe that is told to show colours', { FORCE_COLOR: '1' }, true],
  ])('to %s', async (_, environment, isColoured) => {
    const { out } = await run(['check', join(folder, 'bad.yaml')], '', environment);
    expect(out.includes(coloured)).toBe(isColoured);
    expect(out.includes('\u001B')).toBe(isColoured);
  });

  test.for<[string, Readonly<Record<string, string>>, boolean]>([
    ['has colours', { TERM: 'xterm' }, true],
    ['has none with NO_COLOR', { TERM: 'xterm', NO_COLOR: '1' }, false],
  ])('to a terminal %s', async ([, environment, isColoured], context) => {
    if (spawnSync('script', ['--version']).status !== 0)
      return context.skip('script of util-linux is not installed');
    const command = `"${process.execPath}" "${join(ROOT, 'src/main.ts')}" check "${join(folder, 'bad.yaml')}"`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    });
    const out = await text(child.stdout);
    expect(out).toContain('[Invalid]');
    expect(out.includes(coloured)).toBe(isColoured);
  });
});
