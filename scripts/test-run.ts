// Runs all tests and takes their counts from the reporter: the second half of `npm test`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTHING, type Tally } from './tally.ts';
import { runTool } from './tool.ts';

/** For what hangs alone: several times what a slow machine takes. */
const timeLimitMs = 3_600_000;

export type TestRun = {
  readonly root: string;
  /** What runs the tests, before its arguments. */
  readonly command?: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Names of test files or further arguments, handed to the test runner as they are. */
  readonly filters: readonly string[];
  /** Filters may leave nothing of this part of the tests. */
  readonly mayBeEmpty?: boolean;
  /** Shows the runner's output as it comes; hidden, it is printed only where the run itself fails. */
  readonly isShown: boolean;
  readonly print: (line: string) => void;
};

/** Runs the tests of `root`. A run that crashed, found no test, or failed beside its tests counts as one failure. */
export function runTests(run: TestRun): Tally {
  const { root, command = ['vitest', 'run'], filters, mayBeEmpty = false, isShown, print } = run;
  const folder = mkdtempSync(join(tmpdir(), 'mattermost-ingress-tally-'));
  const file = join(folder, 'tally.json');
  try {
    const { status, output } = runTool({
      root,
      command: [...command, ...filters, ...(mayBeEmpty ? ['--passWithNoTests'] : [])],
      isShown,
      environment: { ...run.environment, TEST_TALLY_FILE: file },
      timeoutMs: timeLimitMs,
    });
    const tally = readTally(file);
    const trouble = findTrouble(tally, status, mayBeEmpty);
    if (trouble === undefined) return tally;
    print(`failed  ${[trouble, output].filter((text) => text).join(': ')}`);
    return { ...tally, failed: tally.failed + 1, notes: [...tally.notes, `failed  ${trouble}`] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function findTrouble(tally: Tally, status: number | undefined, mayBeEmpty: boolean): string | undefined {
  if (tally.failed > 0) return undefined;
  if (status !== 0) return `The test run failed (status ${status ?? 'unknown'}) without a failed test`;
  return tally.passed === 0 && !mayBeEmpty ? 'No test was run' : undefined;
}

function readTally(file: string): Tally {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Tally;
  } catch {
    return NOTHING;
  }
}
