// `demo` as people start it: the tour keeps its promises and notices broken ones; without it, what is printed works.
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { request } from '../../src/demo/mattermost/session.ts';
import { CLIENT_ADDRESSES } from '../../src/demo/site.ts';
import { findMissing, TEMPLATES } from '../../src/demo/stage.ts';
import { TOUR } from '../../src/demo/tour.ts';
import { eventually } from '../support/eventually.ts';

type Demo = ChildProcessByStdio<null, Readable, Readable>;

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Of the steps of the tour. */
const NAMES = TOUR.flatMap(({ steps }) => steps.map(({ name }) => name));
const TOUR_TIMEOUT_MS = 180_000;
const run = promisify(execFile);
const running = new Set<Demo>();
let missing: readonly string[];

beforeAll(async () => {
  missing = await findMissing(CLIENT_ADDRESSES);
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

function start(...args: readonly string[]): Demo {
  const child = spawn(process.execPath, [program, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  return child;
}

async function finish(
  child: Demo,
): Promise<{ readonly code: unknown; readonly lines: readonly string[]; readonly errors: string }> {
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, lines: output.trimEnd().split('\n'), errors };
}

/** Names of the steps that have this mark. */
function marked(lines: readonly string[], mark: 'ok' | 'NOT'): readonly string[] {
  return lines.flatMap((line) => new RegExp(`^ {2}${mark} +\\d+ {2}(.+)$`).exec(line)?.[1] ?? []);
}

describe('the tour', () => {
  test('performs every step, each as promised', { timeout: TOUR_TIMEOUT_MS }, async (context) => {
    if (missing.length > 0) context.skip(`This machine lacks the loopback addresses ${missing.join(', ')}`);
    const { code, lines, errors } = await finish(start('--tour'));
    expect(marked(lines, 'NOT'), lines.join('\n')).toEqual([]);
    expect(marked(lines, 'ok')).toEqual(NAMES);
    expect(lines.at(-1)).toBe(`${NAMES.length} steps, ${NAMES.length} as promised, 0 not`);
    expect([code, errors]).toEqual([0, '']);
  });

  test('names a promise that is not kept, and exits with 1', {
    timeout: TOUR_TIMEOUT_MS,
  }, async (context) => {
    if (missing.length > 0) context.skip(`This machine lacks the loopback addresses ${missing.join(', ')}`);
    const templates = await mkdtemp(join(tmpdir(), 'mattermost-ingress-templates-'));
    await cp(TEMPLATES, templates, { recursive: true });
    const policy = join(templates, 'policy.yaml');
    const whole = await readFile(policy, 'utf8');
    const lax = whole.replace(/ +request: WebSocket\n( +cookies: )/, '$1');
    expect(lax).not.toBe(whole);
    await writeFile(policy, lax);
    const { code, lines } = await finish(start('--tour', '--manifests', templates));
    await rm(templates, { recursive: true });
    const broken = marked(lines, 'NOT');
    expect(broken).toContain('Forged cookies with the fields of an upgrade read no page');
    expect(lines.at(-1)).toBe(
      `${NAMES.length} steps, ${NAMES.length - broken.length} as promised, ${broken.length} not`,
    );
    expect(lines).toContain(`Not as promised: ${broken[0]}`);
    expect(code).toBe(1);
  });

  test.each([
    [['--https-port', 'off'], /'off' is invalid/],
    [['--manifests', '/nowhere'], /ENOENT.*\/nowhere/],
  ])('%j: exit 2 with the reason', async (args, reason) => {
    const { code, errors } = await finish(start('--tour', ...args));
    expect([code, errors]).toEqual([
      2,
      expect.stringMatching(missing.length > 0 ? /loopback|invalid/ : reason),
    ]);
  });
});

describe('the demo without the tour', () => {
  test('says what to try, and leaves nothing behind', async () => {
    const child = start();
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await eventually(() => expect(output).toContain('Ctrl-C stops everything'));
    const folder = /^ +authority +(.+)\/ca\.crt$/m.exec(output)?.[1] ?? '';
    expect(existsSync(join(folder, 'manifests', 'policy.yaml'))).toBe(true);
    const check = await run(process.execPath, [program, 'check', join(folder, 'manifests')]);
    expect(check.stdout).toMatch(/^0 errors, 0 warnings/);

    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(existsSync(folder)).toBe(false);
  });

  test('in a pipe: plain text, no keys, and a line a decision', async () => {
    const child = start();
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await eventually(() => expect(output).toContain('What is decided'));
    expect(output.includes('\u001B')).toBe(false);
    expect(output).not.toContain('Press a key');
    const [, link = '', port] = /^ +bob +(http:\/\/bob\.localhost:(\d+)\/)#bob:.+$/m.exec(output) ?? [];
    const page = await request({ url: link, connectTo: { address: '127.0.0.1', port: Number(port) } });
    expect(page.body.toString()).toContain('Mattermost (demo)');
    await eventually(() =>
      expect(output).toMatch(
        /\d 127\.0\.0\.1 Internet GET +200 bob\.localhost\/ +Allow this-machine +node-\d by /,
      ),
    );
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test('on a terminal: keys drain a node and bring it back, and Ctrl-C ends it all', async (context) => {
    await run('script', ['--version']).catch(() => context.skip('script of util-linux is not installed'));
    const command = `stty cols 100; exec '${process.execPath}' '${program}' demo`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    const press = async (key: string, answer: string): Promise<void> => {
      child.stdin.write(key);
      await eventually(() => expect(output).toContain(answer));
    };
    await press('', 'What is decided');
    expect(output).toContain('d  drain the node with the most WebSockets');
    await press('d', 'is terminating');
    await press('', 'has none left');
    await press('k', 'is dead');
    // A third one would be the last.
    await press('d', 'is the last one');
    await press('u', 'back again: ');
    await press('r', 'a second secret counts beside "current"');
    await press('', 'press r again');
    await press('r', 'the secret "current" counts no more');
    expect(output).toContain('\r\u001B[K> saving endpoints.yaml ...');
    expect(output.replaceAll('\r\u001B[K', '').includes('\u001B')).toBe(false);
    const exited = once(child, 'exit');
    child.stdin.write('\u0003');
    expect(await exited).toEqual([0, null]);
  });

  const TRIALS: readonly (readonly [string, RegExp])[] = [
    ['The office', /^HTTP\/[\d.]+ 200 /],
    [
      'The Internet (any other address) is refused',
      /^HTTP\/[\d.]+ 403 [^]*\r\nx-reject-reason: pre-auth\r\n/,
    ],
    ['With it', /^HTTP\/[\d.]+ 200 /],
    ['A wrong one', /^HTTP\/[\d.]+ 403 /],
    ['Plain HTTP', /^HTTP\/1.1 308 [^]*Location: https:\/\/chat.example.com:\d+\/\r\n/],
    ['Log in', /^HTTP\/[\d.]+ 200 [^]*"username":"alice"/],
    ['With these cookies', /^HTTP\/1.1 101 [^]*"event":"hello"/],
    ['They stay', /^(?:X-Demo-Node: (node-\d)\r\n)(?:X-Demo-Node: \1\r\n){4}$/i],
    ['Open the site', /^$/],
    ['Close it', /^$/],
    ['Take a node out', /^$/],
    ['Bring it back', /^$/],
    ['What was decided', /"requestId"/],
    ['The same in numbers', /rule="office-networks",action="Allow"/],
  ];

  test('every command that it prints can be pasted', { timeout: TOUR_TIMEOUT_MS }, async (context) => {
    if (missing.length > 0) context.skip(`This machine lacks the loopback addresses ${missing.join(', ')}`);
    await run('curl', ['--version']).catch(() => context.skip('curl is not installed'));
    const child = start();
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await eventually(() => expect(output).toContain('Ctrl-C stops everything'));
    const printed = [...output.matchAll(/^# (.+)\n(.+)$/gm)];
    expect(printed).toHaveLength(TRIALS.length);
    for (const [at, [start, expected]] of TRIALS.entries()) {
      const [, what = '', command = ''] = printed[at] ?? [];
      expect(what.slice(0, start.length)).toBe(start);
      // The WebSocket is cut by --max-time, which curl calls an error.
      const { stdout } = await run('sh', ['-c', `${command} || test $? = 28`]);
      expect(stdout, what).toMatch(expected);
    }
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
