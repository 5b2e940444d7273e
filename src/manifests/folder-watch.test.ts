// Watches of folders: what is watched, what no longer, and failures told once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FolderWatch } from './folder-watch.ts';

let directory = '';
/** Names of the files that events came for. */
let names: unknown[] = [];
let failures: unknown[] = [];
let watch: FolderWatch;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
  names = [];
  failures = [];
  watch = new FolderWatch(
    (...event: readonly unknown[]) => names.push(event[1]),
    (error) => failures.push(error),
  );
});
afterEach(() => {
  watch.close();
  rmSync(directory, { recursive: true });
});

/** A closed watch leaves the process a turn later. */
async function seeWatches(count: number): Promise<void> {
  const countWatches = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
  await vi.waitFor(() => expect(countWatches()).toBe(count), { timeout: 10_000, interval: 5 });
}

async function seeEvent(folder: string): Promise<void> {
  const name = `${names.length}-new.yaml`;
  writeFileSync(join(folder, name), '');
  await vi.waitFor(() => expect(names).toContain(name), { timeout: 10_000, interval: 5 });
}

test('a folder is watched once, until a look passes it by', async () => {
  const sub = join(directory, 'sub');
  mkdirSync(sub);
  for (let look = 0; look < 2; look += 1) {
    watch.enter(directory, '1');
    watch.enter(sub, '2');
    watch.endLook();
    await seeWatches(2);
  }
  await seeEvent(sub);
  watch.enter(directory, '1');
  watch.endLook();
  await seeWatches(1);
  await seeEvent(directory);
  watch.close();
  await seeWatches(0);
  expect(failures).toEqual([]);
});

test('a folder that took the place of another is watched anew', async () => {
  const sub = join(directory, 'sub');
  mkdirSync(sub);
  watch.enter(sub, '1');
  rmSync(sub, { recursive: true });
  mkdirSync(sub);
  watch.enter(sub, '2');
  watch.endLook();
  await seeWatches(1);
  await seeEvent(sub);
  expect(failures).toEqual([]);
});

test('a watch that fails is told once, and again after it was given up', () => {
  const missing = join(directory, 'missing');
  for (let look = 0; look < 2; look += 1) {
    watch.enter(missing, '1');
    watch.endLook();
  }
  expect(failures).toMatchObject([{ code: 'ENOENT' }]);
  watch.endLook();
  watch.enter(missing, '1');
  expect(failures).toHaveLength(2);
});
