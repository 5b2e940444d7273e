// `npm run check`: everything that can be told without running our code.
import { join } from 'node:path';
import { checks, runChecks } from './checks.ts';
import { closing } from './tally.ts';

const tally = runChecks(join(import.meta.dirname, '..'), checks, console.log);
console.log(closing(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
