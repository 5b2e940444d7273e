// How the tests run: real processes and sockets on as few as two cores, and no test that cannot fail.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { TallyReporter } from './test/support/reporter.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // These need a control plane, and have a run of their own: scripts/cluster-run.ts.
    exclude: ['test/cluster/**'],
    pool: 'forks',
    // A feature test starts several processes with several threads: half the cores are for them.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    // For what hangs alone: what is slow on a busy machine has failed at nothing. Longer than any wait within a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false,
    restoreMocks: true,
    // Recorded results are written only on demand (`npx vitest run FILE -u`): a missing one fails.
    update: 'none',
    reporters: ['default', new TallyReporter(process.env['TEST_TALLY_FILE'])],
  },
});
