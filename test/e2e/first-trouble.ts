// The state of the cluster at the first failure of a file: what follows often follows from it.
import { beforeEach, onTestFailed } from 'vitest';
import { describeTrouble } from './installation.ts';

/** Call once, in the body of the file. */
export function printFirstTrouble(): void {
  let hasFailed = false;
  beforeEach(() => {
    onTestFailed(async () => {
      if (!hasFailed) console.log(await describeTrouble());
      hasFailed = true;
    });
  });
}
