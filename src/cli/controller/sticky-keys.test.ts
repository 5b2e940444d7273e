// Sticky keys that change while the controller runs: taken over when they are good, kept as they were when they are not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { ManualTimers } from '../../../test/support/kube/manual-timers.ts';
import { createLogger } from '../../observe/log.ts';
import { StickyKeys } from './sticky-keys.ts';

const OLD = 'an-old-sticky-key';
const NEW = 'a-newer-sticky-key';

let folder: string;
let timers: ManualTimers;
let lines: { readonly level: number; readonly msg: string; readonly problem?: string }[];
let keys: StickyKeys | undefined;
const changes = vi.fn<() => void>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sticky-'));
  lines = [];
  timers = new ManualTimers();
});
afterEach(() => {
  keys?.close();
  changes.mockReset();
  rmSync(folder, { recursive: true });
});

const log = () =>
  createLogger({ write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) }, 'info');

function texts(): readonly string[] {
  return (keys?.current ?? []).map((key) => Buffer.from(key).toString());
}

describe('of a Secret', () => {
  async function start(contents: readonly (string | Error | undefined)[]): Promise<void> {
    let at = 0;
    const next = async () => {
      const content = contents[Math.min(at++, contents.length - 1)];
      if (content instanceof Error) throw content;
      return content === undefined ? undefined : Buffer.from(content);
    };
    const readKey = next;
    const loadKey = async () => Buffer.from(OLD);
    const options = { stickyKeyFile: undefined, stickyKeySecret: 'ingress/sticky' };
    keys = await StickyKeys.load(options, { loadKey, readKey, log: log(), timers });
    keys.watch(changes);
  }

  async function look(times = 1): Promise<void> {
    for (let time = 0; time < times; time++) await timers.advance(15_000);
  }

  test.each([
    ['another key in front', `${NEW}\n${OLD}\n`, [NEW, OLD]],
    ['the old key taken away', NEW, [NEW]],
    ['one key twice', `${NEW}\n${NEW}\n`, [NEW]],
  ])('%s: taken over once', async (_, content, expected) => {
    await start([content]);
    expect(texts()).toEqual([OLD]);
    await look();
    expect(texts()).toEqual(expected);
    const { current } = keys ?? {};
    await look(3);
    expect(keys?.current).toBe(current);
    expect(changes).toHaveBeenCalledTimes(1);
    expect(lines.map(({ msg }) => msg)).toEqual(['sticky keys were replaced']);
    expect(JSON.stringify(lines)).not.toMatch(/sticky-key"/);
  });

  test.each([
    ['nothing', undefined],
    ['blanks', ' \n'],
    ['a key that is too short', `${NEW}\nshort`],
    ['no answer', new Error('no answer')],
  ])('%s: those of before stay, and that is said once', async (_, content) => {
    await start([content, content, content, `${NEW}\n${OLD}`]);
    await look(3);
    expect(texts()).toEqual([OLD]);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'sticky keys cannot be read; those of before stay'],
    ]);
    await look();
    expect(texts()).toEqual([NEW, OLD]);
  });

  test('an outage is said again after one that is over, and so is its end', async () => {
    const away = new Error('no answer');
    await start([away, away, OLD, OLD, away, NEW]);
    await look(6);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'sticky keys cannot be read; those of before stay',
      'sticky keys can be read again',
      'sticky keys cannot be read; those of before stay',
      'sticky keys were replaced',
    ]);
  });

  test('after the end nobody looks any more', async () => {
    await start([NEW]);
    keys?.close();
    await look(2);
    expect([texts(), changes.mock.calls.length]).toEqual([[OLD], 0]);
  });
});

test('of a file: taken over when it is written anew', async () => {
  const file = join(folder, 'keys');
  writeFileSync(file, OLD);
  keys = await StickyKeys.load({ stickyKeyFile: file, stickyKeySecret: undefined }, { log: log(), timers });
  keys.watch(changes);
  writeFileSync(file, `${NEW}\n${OLD}`);
  await timers.advance(2_000);
  await eventually(() => expect(changes).toHaveBeenCalledTimes(1));
  expect(texts()).toEqual([NEW, OLD]);
});

test('a file without a good key is a mistake of the options', async () => {
  const file = join(folder, 'keys');
  writeFileSync(file, 'short');
  const loading = StickyKeys.load(
    { stickyKeyFile: file, stickyKeySecret: undefined },
    { log: log(), timers },
  );
  await expect(loading).rejects.toThrow(`--sticky-key-file ${file} must hold one key a line`);
});

test('without a place a key is drawn, and never replaced', async () => {
  keys = await StickyKeys.load(
    { stickyKeyFile: undefined, stickyKeySecret: undefined },
    { log: log(), timers },
  );
  keys.watch(changes);
  expect(texts()[0]).toMatch(/^[\w-]{43}$/);
  expect(timers.pending).toEqual([]);
});
