// One look at real folders: what is taken, what is passed over, what is a problem.
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits, listFolder, readManifest } from './folder.ts';
import type { FolderListing } from './folder.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, content: string | Uint8Array = 'x'): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

const visitor = { enter: () => {}, endLook: () => {} };
/** Later than any file of these tests was changed, by more than signatures need. */
const nowMs = Date.now() + 3_600_000;

async function list(limits = {}, time = nowMs): Promise<FolderListing> {
  return await listFolder({ directory, limits: { ...defaultLimits, ...limits }, nowMs: time }, visitor);
}

async function listPaths(limits = {}): Promise<readonly string[]> {
  return (await list(limits)).files.map(({ path }) => path);
}

describe('names', () => {
  test('YAML and JSON files of the folder and its subfolders, hidden files and backups not', async () => {
    for (const name of ['b.yaml', 'a.yml', 'c.json', 'sub/deeper/d.yaml']) write(name);
    for (const name of [
      '.a.yaml',
      '#a.yaml#',
      '~a.yaml',
      'a.yaml~',
      '.a.yaml.swp',
      '4913',
      'x.txt',
      '.git/a.yaml',
    ]) {
      write(name);
    }
    expect(await listPaths()).toEqual(['a.yml', 'b.yaml', 'c.json', 'sub/deeper/d.yaml']);
  });

  test('links to files and folders are followed, loops are walked once', async () => {
    write('.hidden/a.yaml');
    write('sub/b.yaml');
    symlinkSync('.hidden/a.yaml', join(directory, 'a.yaml'));
    symlinkSync('.hidden', join(directory, 'linked'));
    symlinkSync('..', join(directory, 'sub', 'loop'));
    symlinkSync('nowhere', join(directory, 'dangling'));
    expect(await listPaths()).toEqual(['a.yaml', 'linked/a.yaml', 'sub/b.yaml']);
  });

  test('each folder is announced before it is listed', async () => {
    write('sub/b.yaml');
    const calls: string[] = [];
    const recorder = {
      enter: (path: string) => void calls.push(path),
      endLook: () => void calls.push('end'),
    };
    await listFolder({ directory, limits: defaultLimits, nowMs }, recorder);
    expect(calls).toEqual([directory, join(directory, 'sub'), 'end']);
  });
});

describe('problems', () => {
  test('a link to nothing, a link to itself, a socket', async () => {
    symlinkSync('nowhere.yaml', join(directory, 'a.yaml'));
    symlinkSync('b.yaml', join(directory, 'b.yaml'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, 'c.yaml'), resolve));
    const { files } = await list();
    server.close();
    expect(files.map(({ problem }) => problem?.message)).toEqual([
      'The file does not exist (ENOENT)',
      'The file is a link that leads to itself (ELOOP)',
      'The file is not a regular file',
    ]);
  });

  test('a file over the limit of its size, in the list and when it grew since', async () => {
    write('a.yaml', '12345');
    write('b.yaml', '1234');
    const limits = { ...defaultLimits, maxFileBytes: 4 };
    const problem = { message: 'The file is larger than 4 bytes', remedy: 'Split it into smaller files' };
    expect((await list(limits)).files.map((entry) => entry.problem)).toEqual([problem, undefined]);
    expect(await readManifest(join(directory, 'a.yaml'), undefined, limits)).toEqual({
      kind: 'problem',
      problem,
    });
  });

  test('more files than the limit: the first by name', async () => {
    for (const name of ['c.yaml', 'a.yaml', 'b.yaml']) write(name);
    expect(await list({ maxFiles: 3 })).toMatchObject({ isCut: false });
    const listing = await list({ maxFiles: 2 });
    expect(listing.files.map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml']);
    expect(listing.isCut).toBe(true);
  });

  test('folders too deep are named', async () => {
    write('a/b/c.yaml');
    write('a/d.yaml');
    const { files, unreadable } = await list({ maxDepth: 1 });
    expect(files.map(({ path }) => path)).toEqual(['a/d.yaml']);
    expect([...unreadable.keys()]).toEqual(['a/b']);
  });

  test('a folder that is not there', async () => {
    const look = { directory: join(directory, 'x'), limits: defaultLimits, nowMs };
    await expect(listFolder(look, visitor)).rejects.toThrow('ENOENT');
  });

  test.each([
    { name: 'no UTF-8', content: new Uint8Array([0x61, 0xff]), message: 'The file is not UTF-8 text' },
    { name: 'UTF-16', content: new Uint8Array([0xff, 0xfe, 0x61, 0]), message: 'The file is not UTF-8 text' },
  ])('a file that is $name', async ({ content, message }) => {
    write('a.yaml', content);
    expect(await readManifest(join(directory, 'a.yaml'), undefined, defaultLimits)).toMatchObject({
      kind: 'problem',
      problem: { message: expect.stringContaining(message) },
    });
  });
});

describe('signatures', () => {
  test('change with the file, and a young file has none', async () => {
    write('a.yaml', 'x');
    const [first] = (await list()).files;
    expect(first?.signature).toMatch(/^\d/);
    expect((await list()).files).toEqual([first]);
    expect((await list({}, statSync(join(directory, 'a.yaml')).mtimeMs)).files).toEqual([
      { path: 'a.yaml', signature: undefined },
    ]);
    write('a.yaml', 'xy');
    const [second] = (await list()).files;
    expect(second?.signature).not.toBe(first?.signature);
    expect(await readManifest(join(directory, 'a.yaml'), 's', defaultLimits)).toEqual({
      kind: 'text',
      text: 'xy',
      signature: 's',
    });
  });
});
