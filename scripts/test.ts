// `npm test`: the checks, then all tests, then one closing line for both.
import { join } from 'node:path';
import { checks, runChecks } from './checks.ts';
import { addTallies, closingLine } from './tally.ts';
import { runTests } from './test-run.ts';

const root = join(import.meta.dirname, '..');
const checked = runChecks(root, checks, console.log);
const tested = runTests({ root, filters: process.argv.slice(2), isShown: true, print: console.log });
const tally = addTallies(checked, tested);
console.log(closingLine(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
