// `npm test`: the checks, then the tests on a real control plane, then all others, then one closing line for all of it.
import { join } from 'node:path';
import { checks, runChecks } from './checks.ts';
import { runClusterTests } from './cluster-run.ts';
import { addTallies, closing, NOTHING, type Tally } from './tally.ts';
import { runTests } from './test-run.ts';

const root = join(import.meta.dirname, '..');
const filters = process.argv.slice(2);
const run = { root, filters, isShown: true, print: console.log };
const checked = runChecks(root, checks, console.log);
// First: they build Helm on a fresh machine, which the tests of the chart want too.
const inCluster = runClusterTests(run);
const tested = addTallies(inCluster, runTests({ ...run, mayBeEmpty: filters.length > 0 }));
const tally = [checked, tested, judgeEmptiness(tested)].reduce(addTallies);
console.log(closing(tally));
// Where nothing may be left out, for example in continuous integration.
const isStrict = (process.env['FORBID_SKIPPED_TESTS'] ?? '') !== '';
process.exitCode = tally.failed === 0 && !(isStrict && tally.skipped > 0) ? 0 : 1;

/** A run of no test is a failure; each part of it may be empty where names of files were given. */
function judgeEmptiness({ passed, failed }: Tally): Tally {
  if (passed + failed > 0) return NOTHING;
  return { ...NOTHING, failed: 1, notes: ['failed  No test was run'] };
}
