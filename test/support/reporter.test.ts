// The closing counts can be believed: runs of every outcome, each in a small project of its own.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runChecks } from '../../scripts/checks.ts';
import { runTests } from '../../scripts/test-run.ts';
import { runTool } from '../../scripts/tool.ts';

const root = join(import.meta.dirname, '../..');
const configuration = `
import { TallyReporter } from '${join(root, 'test/support/reporter.ts')}';
const file = process.env['TEST_TALLY_FILE'];
export default { test: { include: ['*.test.ts'], allowOnly: false, reporters: [new TallyReporter(file)] } };
`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'mattermost-ingress-runs-'));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'dir');
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'vitest.config.ts'), configuration);
});

afterEach(() => rmSync(project, { recursive: true }));

function writeTests(body: string): void {
  const names = 'beforeAll, describe, expect, test';
  writeFileSync(join(project, 'x.test.ts'), `import { ${names} } from 'vitest';\n${body}\n`);
}

test.each([
  ['a passing test', "test('a', () => expect(1).toBe(1));", [1, 0, 0]],
  ['a failing test', "test('a', () => expect(1).toBe(2));", [0, 1, 0]],
  ['a skipped test beside a passing one', "test('a', () => {}); test('b', (t) => t.skip('why'));", [1, 0, 1]],
  ['only skipped tests', "test.skip('a', () => {});", [0, 1, 1]],
  ['no test', '', [0, 1, 0]],
  ['a file that throws', "throw new Error('broken');", [0, 1, 0]],
  ['a file that does not parse', 'const = 1;', [0, 1, 0]],
  ['`only`', "test.only('a', () => {}); test('b', () => {});", [0, 1, 1]],
  ['an error outside of a test', "test('a', () => {}); void Promise.reject(new Error('stray'));", [1, 1, 0]],
  [
    'a failing hook',
    "describe('x', () => { beforeAll(() => { throw new Error('broken'); }); test('a', () => {}); });",
    [0, 1, 1],
  ],
  ['a process that ends itself', "test('a', () => process.kill(process.pid, 'SIGKILL'));", [0, 2, 0]],
])('%s', (_name, body, [passed, failed, skipped]) => {
  writeTests(body);
  const tally = runTests({ root: project, filters: [], isShown: false, print: () => undefined });
  expect(tally).toMatchObject({ passed, failed, skipped });
  expect(tally.notes).toHaveLength(tally.failed + tally.skipped);
});

test('filters that leave nothing are a failure, unless this is only a part of the run', () => {
  writeTests("test('a', () => {});");
  const run = { root: project, filters: ['no-such-file'], isShown: false, print: () => undefined };
  const notes = ['failed  The test run failed (status 1) without a failed test'];
  expect(runTests(run)).toEqual({ passed: 0, failed: 1, skipped: 0, notes });
  expect(runTests({ ...run, mayBeEmpty: true })).toEqual({ passed: 0, failed: 0, skipped: 0, notes: [] });
});

test('a run that cannot start is a failure that says so', () => {
  writeFileSync(join(project, 'vitest.config.ts'), "throw new Error('broken');");
  const printed: string[] = [];
  const tally = runTests({ root: project, filters: [], isShown: false, print: (line) => printed.push(line) });
  const notes = ['failed  The test run failed (status 1) without a failed test'];
  expect(tally).toEqual({ passed: 0, failed: 1, skipped: 0, notes });
  expect(printed).toEqual([
    expect.stringMatching(/^failed {2}The test run failed \(status 1\)[^]+Error: broken/),
  ]);
});

test('a run by itself ends with its counts, and names what it skipped and what failed, and why', () => {
  writeTests(`
test('a', () => {});
describe('b', () => {
  test('c', (t) => t.skip('No tool'));
  test('d', () => { throw new Error('broken\\nin two'); });
});
describe('e', () => { beforeAll(() => { throw new Error('no stage'); }); });
`);
  const { status, output } = runTool({
    root: project,
    command: ['vitest', 'run'],
    isShown: false,
    timeoutMs: 50_000,
    environment: { TEST_TALLY_FILE: '' },
  });
  expect(status).toBe(1);
  expect(output.trim().split('\n')).toEqual([
    'skipped x.test.ts > b > c: No tool',
    'failed  x.test.ts > b > d: broken',
    'failed  x.test.ts > e: no stage',
    '1 passed, 2 failed, 1 skipped',
  ]);
});

test('checks are printed one by one, with output and remedy where they failed', () => {
  const printed: string[] = [];
  const tally = runChecks(
    project,
    [
      { name: 'good', command: ['node', '-e', 'console.log("quiet")'], remedy: 'None' },
      { name: 'bad', command: ['node', '-e', 'console.error("what"); process.exit(3)'], remedy: 'Do better' },
      { name: 'absent', command: ['no-such-tool'], remedy: 'Install it' },
    ],
    (line) => printed.push(line),
  );
  const notes = ['failed  bad: Do better', 'failed  absent: Install it'];
  expect(tally).toEqual({ passed: 1, failed: 2, skipped: 0, notes });
  expect(printed).toEqual([
    'ok      good',
    'failed  bad',
    'what\nDo better',
    'failed  absent',
    expect.stringMatching(/ENOENT\nInstall it$/),
  ]);
});
