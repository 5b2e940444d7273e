// Closes a test run: names the skipped and the failed tests with their reasons and gives the counts.
import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { closing, type Tally } from '../../scripts/tally.ts';

/** Prints the closing lines, or writes what they are made of as JSON where whoever started the run closes it. */
export class TallyReporter implements Reporter {
  readonly #file: string | undefined;

  /** @param file where to write the counts; without a name they are printed */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.flatMap(noteSkip);
    // A file that cannot be read, a suite whose hook failed and an error outside of any test are failures too.
    const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const failed = [
      ...tests.flatMap(noteFailure),
      ...groups.flatMap(noteGroupFailure),
      ...unhandledErrors.map((error) => `failed  outside of any test: ${firstLine(error)}`),
    ];
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const notes = [...skipped, ...failed];
    const tally: Tally = { passed, failed: failed.length, skipped: skipped.length, notes };
    if (this.#file === undefined || this.#file === '') console.log(closing(tally));
    else writeFileSync(this.#file, JSON.stringify(tally));
  }
}

function noteSkip(test: TestCase): readonly string[] {
  const result = test.result();
  if (result.state !== 'skipped') return [];
  return [`skipped ${place(test)}: ${result.note ?? 'no reason given'}`];
}

function noteFailure(test: TestCase): readonly string[] {
  const result = test.result();
  if (result.state === 'passed' || result.state === 'skipped') return [];
  const reason = result.state === 'failed' ? firstLine(result.errors[0]) : 'it did not come to an end';
  return [`failed  ${place(test)}: ${reason}`];
}

function noteGroupFailure(group: TestModule | TestSuite): readonly string[] {
  const [error] = group.errors();
  return error === undefined ? [] : [`failed  ${place(group)}: ${firstLine(error)}`];
}

// Errors come from other processes, as plain objects.
function firstLine(error: unknown): string {
  const message = (error as { readonly message?: string } | undefined)?.message ?? 'without a message';
  return stripVTControlCharacters(message).split('\n', 1)[0] ?? '';
}

function place(part: TestModule | TestSuite | TestCase): string {
  if (part.type === 'module') return part.relativeModuleId;
  return `${part.module.relativeModuleId} > ${part.fullName}`;
}
