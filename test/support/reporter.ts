// Closes a test run: names the skipped tests with their reasons and gives the counts.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { closingLine, type Tally } from '../../scripts/tally.ts';

/** Prints the closing line, or writes the counts as JSON where whoever started the run closes it. */
export class TallyReporter implements Reporter {
  readonly #file: string | undefined;

  /** @param file where to write the counts; without a name they are printed */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    for (const test of tests) {
      const result = test.result();
      if (result.state === 'skipped')
        console.log(`skipped ${place(test)}: ${result.note ?? 'no reason given'}`);
    }
    const tally = countAll(modules, tests, unhandledErrors.length);
    if (this.#file === undefined || this.#file === '') console.log(closingLine(tally));
    else writeFileSync(this.#file, JSON.stringify(tally));
  }
}

// A file that cannot be read, a suite whose hook failed and an error outside of any test count as failures too.
function countAll(modules: readonly TestModule[], tests: readonly TestCase[], strayErrors: number): Tally {
  const states = tests.map((test) => test.result().state);
  const passed = states.filter((state) => state === 'passed').length;
  const skipped = states.filter((state) => state === 'skipped').length;
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const failedGroups = groups.filter((group) => group.errors().length > 0).length;
  return { passed, skipped, failed: states.length - passed - skipped + failedGroups + strayErrors };
}

function place(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
