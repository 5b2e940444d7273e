// The checks that need no running of our code: the first half of `npm test`, and all of `npm run check`.
import type { Tally } from './tally.ts';
import { runTool } from './tool.ts';

/** One check: a command that ends with status 0 where all is well. */
export type Check = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to do where it fails. */
  readonly remedy: string;
};

const timeLimitMs = 300_000;

/** All checks, cheapest first. */
export const checks: readonly Check[] = [
  { name: 'format', command: ['biome', 'format', '.'], remedy: 'Run npm run format' },
  { name: 'types', command: ['tsc', '--project', '.'], remedy: 'Mend the types' },
  {
    name: 'types of the dashboard',
    command: ['tsc', '--project', 'src/observe/dashboard'],
    remedy: 'Mend the types',
  },
  { name: 'lint', command: ['oxlint'], remedy: 'Mend the code; the rules stand in .oxlintrc.json' },
  { name: 'dead code', command: ['knip', '--no-progress'], remedy: 'Delete what nothing uses' },
  {
    name: 'generated CRD',
    command: ['node', 'crds/generate.ts', '--check'],
    remedy: 'Run npm run generate and commit the result',
  },
  {
    name: 'generated pages',
    command: ['node', 'scripts/reference.ts', '--check'],
    remedy: 'Run npm run generate and commit the result',
  },
  {
    name: 'generated chart files',
    command: ['node', 'scripts/chart.ts', '--check'],
    remedy: 'Run npm run generate and commit the result',
  },
];

/** Runs the checks one after another in `root`, one printed line each, and what a failed one had to say. */
export function runChecks(root: string, list: readonly Check[], print: (line: string) => void): Tally {
  const hasPassed = list.map(({ name, command, remedy }) => {
    const { status, output } = runTool({ root, command, isShown: false, timeoutMs: timeLimitMs });
    print(`${status === 0 ? 'ok     ' : 'failed '} ${name}`);
    if (status !== 0) print(`${output.trim()}\n${remedy}`);
    return status === 0;
  });
  const failed = list.filter((_, index) => !hasPassed[index]);
  const notes = failed.map(({ name, remedy }) => `failed  ${name}: ${remedy}`);
  return { passed: list.length - failed.length, failed: failed.length, skipped: 0, notes };
}
