// `npm run test:cluster`: the tests on a real control plane alone; arguments pick test files by name.
import { join } from 'node:path';
import { runClusterTests } from './cluster-run.ts';
import { closing } from './tally.ts';

const run = { root: join(import.meta.dirname, '..'), isShown: true, print: console.log };
const tally = runClusterTests({ ...run, filters: process.argv.slice(2) });
console.log(closing(tally));
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
