// Runs the tests of test/cluster inside namespaces of their own: an address range for pods that is nobody else's, and
// processes and files that are gone when the run is, however it ends.
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, provideTools } from '../test/cluster/tools/build.ts';
import { NOTHING, type Tally } from './tally.ts';
import { runTests, type TestRun } from './test-run.ts';
import { runTool } from './tool.ts';

const CONFIG = 'test/cluster/vitest.config.ts';
const FILES = 'test/cluster/**/*.test.ts';
const NO_NAMESPACE =
  'No network namespace can be made here: they need Linux, util-linux (unshare, setpriv), iproute2 (ip), and root or user namespaces';

type Command = readonly [string, ...string[]];

/** With the death of the one who starts it, all that it started ends. */
const UNSHARE = 'unshare --net --mount --pid --fork --kill-child'.split(' ');
const ISOLATED: Command = ['setpriv', '--pdeathsig', 'KILL', ...UNSHARE];
/** The whole range belongs to loopback then: every address of it can be listened at. */
const PREPARE = 'ip link set lo up && ip addr add 10.244.0.0/16 dev lo && mount -t tmpfs tmpfs "$TMPDIR"';

/** Skipped, with the reason, where there is no control plane to be had; filters that name none of them run none. */
export function runClusterTests(run: TestRun): Tally {
  const { root, filters } = run;
  const files = globSync(FILES, { cwd: root });
  const isWanted = files.some((file) => filters.some((filter) => file.includes(filter)));
  if (filters.length > 0 && !isWanted) return NOTHING;
  try {
    return runIsolated(run);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...NOTHING, failed: 1, notes: [`failed  ${FILES}: ${reason}`] };
  }
}

/** Throws where the programs cannot be built, or the cache cannot be written to. */
function runIsolated(run: TestRun): Tally {
  // Every run has a file system of its own there, which nobody else sees and which ends with it.
  const temporary = join(cacheFolder(process.env), 'cluster-tmp');
  mkdirSync(temporary, { recursive: true });
  const isolate = waysToIsolate().find((way) => isPossible(way, temporary));
  if (isolate === undefined) return skip(run, NO_NAMESPACE);
  const found = provideTools(process.env, run.print);
  if (found.kind === 'absent') return skip(run, found.reason);
  return runTests({
    ...run,
    command: [...isolate, 'sh', '-c', `${PREPARE} && "$@"`, 'sh', 'vitest', 'run', '--config', CONFIG],
    environment: { CLUSTER_TOOLS: found.folder, TMPDIR: temporary },
  });
}

function isPossible([name, ...rest]: Command, temporary: string): boolean {
  const env = { ...process.env, TMPDIR: temporary };
  return spawnSync(name, [...rest, 'sh', '-c', PREPARE], { env }).status === 0;
}

/** As root, or as the root of a user namespace. */
function waysToIsolate(): readonly Command[] {
  return [ISOLATED, [...ISOLATED, '--map-root-user']];
}

/** Counts what is not run. */
function skip({ root }: TestRun, reason: string): Tally {
  const command = ['vitest', 'list', '--config', CONFIG, '--json'] as const;
  const { output } = runTool({ root, command, isShown: false, timeoutMs: 60_000 });
  const skipped = Math.max(1, output.split('"name":').length - 1);
  return { ...NOTHING, skipped, notes: [`skipped ${FILES}: ${reason}`] };
}
