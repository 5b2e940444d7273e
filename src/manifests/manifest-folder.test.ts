// The folder look by look, with the time between looks in the test's hand: half-saved files above all.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assemble } from './assembly.ts';
import { defaultLimits } from './folder.ts';
import { ManifestFolder } from './manifest-folder.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const clock = { epochMs: () => Date.now(), monotonicMs: () => performance.now() };
const visitor = { enter: () => {}, endLook: () => {} };

function open(limits = {}): ManifestFolder {
  return new ManifestFolder({ directory, limits: { ...defaultLimits, ...limits }, clock }, visitor);
}

function service(name: string, port: number): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: ${port}}]}\n---\n`;
}

function write(name: string, content: string): void {
  writeFileSync(join(directory, name), content);
}

function portsIn(folder: ManifestFolder): Readonly<Record<string, number | undefined>> {
  const { services } = assemble(folder.files()).objects;
  return Object.fromEntries(
    [...services.values()].map(({ metadata, ports }) => [metadata.name, ports[0]?.port]),
  );
}

function messagesIn(folder: ManifestFolder): readonly string[] {
  return [...folder.findings(), ...folder.files().flatMap(({ findings }) => findings)].map(
    ({ message }) => message,
  );
}

/** Looks until nothing is pending; gives whether anything settled. */
async function settle(folder: ManifestFolder): Promise<boolean> {
  let hasChanged = await folder.look();
  while (folder.pendingCount > 0) hasChanged = (await folder.look()) || hasChanged;
  return hasChanged;
}

describe('a file is taken when two looks agree', () => {
  test('half saved at one look, whole at the next: the half is never taken', async () => {
    write('a.yaml', service('a', 1) + service('b', 1));
    const folder = open();
    await settle(folder);
    write('a.yaml', service('a', 2));
    expect(await folder.look()).toBe(false);
    write('a.yaml', service('a', 2) + service('b', 2));
    expect(await folder.look()).toBe(false);
    expect(portsIn(folder)).toEqual({ a: 1, b: 1 });
    expect(await folder.look()).toBe(true);
    expect(portsIn(folder)).toEqual({ a: 2, b: 2 });
  });

  test.each([
    { name: 'truncated', half: '' },
    { name: 'cut in the middle of a line', half: service('a', 2).slice(0, -8) },
  ])(
    'half saved for long and $name: the last good version stays, then the whole is taken',
    async ({ half }) => {
      write('a.yaml', service('a', 1));
      const folder = open();
      await settle(folder);
      write('a.yaml', half);
      expect(await settle(folder)).toBe(true);
      expect(portsIn(folder)).toEqual({ a: 1 });
      expect(messagesIn(folder)).toEqual([
        expect.stringMatching(/the file keeps the objects of its last good version$/),
      ]);
      write('a.yaml', service('a', 2));
      await settle(folder);
      expect(portsIn(folder)).toEqual({ a: 2 });
      expect(messagesIn(folder)).toEqual([]);
    },
  );

  test('moved away by an editor at one look, written anew at the next: the object never goes', async () => {
    write('a.yaml', service('a', 1));
    const folder = open();
    await settle(folder);
    renameSync(join(directory, 'a.yaml'), join(directory, 'a.yaml~'));
    expect(await folder.look()).toBe(false);
    write('a.yaml', service('a', 2));
    expect(await folder.look()).toBe(false);
    expect(portsIn(folder)).toEqual({ a: 1 });
    expect(await folder.look()).toBe(true);
    expect(portsIn(folder)).toEqual({ a: 2 });
  });

  test('gone at two looks: its objects go', async () => {
    write('a.yaml', service('a', 1));
    write('b.yaml', service('b', 1));
    const folder = open();
    await settle(folder);
    rmSync(join(directory, 'a.yaml'));
    expect(await folder.look()).toBe(false);
    expect(await folder.look()).toBe(true);
    expect(portsIn(folder)).toEqual({ b: 1 });
  });
});

describe('nothing is lost with what cannot be read', () => {
  test('a file that becomes unreadable keeps its objects until it is gone', async () => {
    write('a.yaml', service('a', 1));
    const folder = open();
    await settle(folder);
    rmSync(join(directory, 'a.yaml'));
    symlinkSync('a.yaml', join(directory, 'a.yaml'));
    await settle(folder);
    expect(portsIn(folder)).toEqual({ a: 1 });
    expect(messagesIn(folder)).toEqual([
      'The file is a link that leads to itself (ELOOP); the file keeps the objects of its last good version',
    ]);
    rmSync(join(directory, 'a.yaml'));
    await settle(folder);
    expect(portsIn(folder)).toEqual({});
    expect(messagesIn(folder)).toEqual([]);
  });

  test('a file that grows over the limit keeps its objects', async () => {
    write('a.yaml', service('a', 1));
    const folder = open({ maxFileBytes: 200 });
    await settle(folder);
    write('a.yaml', service('a', 2) + '#'.repeat(200));
    await settle(folder);
    expect(portsIn(folder)).toEqual({ a: 1 });
    expect(messagesIn(folder)[0]).toMatch(/^The file is larger than 200 bytes; the file keeps/);
  });

  test('a folder over its limit keeps the files it has, whatever comes before them by name', async () => {
    write('b.yaml', service('b', 1));
    write('c.yaml', service('c', 1));
    const folder = open({ maxFiles: 2 });
    await settle(folder);
    write('a.yaml', service('a', 1));
    await settle(folder);
    expect(portsIn(folder)).toEqual({ b: 1, c: 1 });
    expect(messagesIn(folder)[0]).toMatch(/^The folder holds more than 2 files/);
    rmSync(join(directory, 'b.yaml'));
    await settle(folder);
    await settle(folder);
    expect(portsIn(folder)).toEqual({ a: 1, c: 1 });
    expect(messagesIn(folder)).toEqual([]);
  });

  test('the folder itself gone: an error at first, a finding later, and all is well when it is back', async () => {
    const folder = open();
    write('a.yaml', service('a', 1));
    await settle(folder);
    renameSync(directory, `${directory}-away`);
    expect(await folder.look()).toBe(true);
    expect(await folder.look()).toBe(false);
    expect(portsIn(folder)).toEqual({ a: 1 });
    expect(messagesIn(folder)).toEqual([
      'The folder does not exist (ENOENT); all objects of its last good version stay',
    ]);
    await expect(open().look()).rejects.toThrow(
      `Cannot read the manifests folder ${directory}: The folder does not exist (ENOENT)`,
    );
    renameSync(`${directory}-away`, directory);
    expect(await folder.look()).toBe(true);
    expect(messagesIn(folder)).toEqual([]);
  });

  test('a subfolder that is a file now takes its files with it', async () => {
    mkdirSync(join(directory, 'sub'));
    write('sub/a.yaml', service('a', 1));
    const folder = open();
    await settle(folder);
    expect(portsIn(folder)).toEqual({ a: 1 });
    rmSync(join(directory, 'sub'), { recursive: true });
    write('sub', '');
    await settle(folder);
    expect(portsIn(folder)).toEqual({});
  });

  test('a file that never rests is reported and its changes are not taken', async () => {
    write('a.yaml', service('a', 1));
    const folder = open();
    await settle(folder);
    for (let look = 0; messagesIn(folder).length === 0; look += 1) {
      write('a.yaml', service('a', 2 + look));
      await folder.look();
    }
    expect(messagesIn(folder)).toEqual(['The file never rests; its changes are not taken']);
    expect(portsIn(folder)).toEqual({ a: 1 });
    await settle(folder);
    expect(messagesIn(folder)).toEqual([]);
  });
});
