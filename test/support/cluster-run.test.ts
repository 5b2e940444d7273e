// The cluster tests where they cannot run: skipped, counted, with the reason; and where filters leave none of them.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** To name all tests, their files are read: seconds, on a busy machine many. */
const LIMIT_MS = 50_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cluster-run-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs with a Go of our making, and without any programs built before. */
function runWithGo(script: string, ...filters: readonly string[]) {
  const go = join(folder, 'go');
  writeFileSync(go, `#!/bin/sh\n${script}\n`);
  chmodSync(go, 0o755);
  const { status, stdout } = spawnSync(process.execPath, ['scripts/cluster.ts', ...filters], {
    cwd: root,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: {
      PATH: [folder, process.env['PATH'] ?? ''].join(delimiter),
      XDG_CACHE_HOME: folder,
    },
  });
  return { status, output: stdout.trim() };
}

test('without a usable Go they are skipped: the count and the reason are printed', () => {
  const { status, output } = runWithGo('echo go1.19.8');
  const why =
    /^skipped test\/cluster\/\S+: (?:No built programs, and go1\.19\.8 is older|No network namespace)/mu;
  expect(output).toMatch(why);
  expect(output).toMatch(/\n0 passed, 0 failed, [1-9]\d+ skipped$/u);
  expect(status).toBe(1);
});

test('filters that name none of them start nothing', () => {
  expect(runWithGo('exit 1', 'test/feature/').output).toBe('0 passed, 0 failed, 0 skipped');
});
