// `make e2e`: one installation on a real cluster, step after step; not part of `make test`.
import { defineConfig } from 'vitest/config';
import { TallyReporter } from '../support/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    pool: 'forks',
    fileParallelism: false,
    // Images are started, load balancers learn, pods end in order.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['verbose', new TallyReporter(undefined)],
  },
});
