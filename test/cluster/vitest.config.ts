// How the cluster tests run: inside a network namespace of their own, made by scripts/cluster-run.ts.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { TallyReporter } from '../support/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/cluster/global-setup.ts'],
    pool: 'forks',
    // Most of a test is waiting, but each file may start a control plane with some 350 MB.
    maxWorkers: Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2))),
    // For what hangs alone: longer than the waits of a test together, which end by themselves.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    allowOnly: false,
    passWithNoTests: false,
    restoreMocks: true,
    update: 'none',
    reporters: ['default', new TallyReporter(process.env['TEST_TALLY_FILE'])],
  },
});
