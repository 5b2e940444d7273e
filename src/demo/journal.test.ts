// The log on its way: to the file, and to those who wait for a line.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Journal } from './journal.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mattermost-ingress-journal-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a line is found whether it came before or comes after, and is in the file by then', async () => {
  const file = join(folder, 'log');
  const journal = new Journal(file);
  const isTwo = ({ n }: { readonly [field: string]: unknown }) => n === 2;
  const coming = journal.find('two', isTwo);
  journal.stream.write('{"n":1}\n{"n":2,"a":"first"}\n');
  expect(await coming).toEqual({ n: 2, a: 'first' });
  expect(await readFile(file, 'utf8')).toContain('"first"');
  expect(await journal.find('two', isTwo)).toEqual({ n: 2, a: 'first' });
  expect(journal.lines).toHaveLength(2);
});

test('lines come as text, and from workers as bytes', async () => {
  const journal = new Journal(join(folder, 'bytes'));
  journal.stream.write('{"n":1}\n');
  journal.stream.write(new TextEncoder().encode('{"n":2,"name":"Zoë"}\n'));
  expect(await journal.find('two', ({ n }) => n === 2)).toEqual({ n: 2, name: 'Zoë' });
  expect(journal.lines).toHaveLength(2);
});

test('what is no JSON object is in the file and fits nobody', async () => {
  const file = join(folder, 'odd');
  const journal = new Journal(file);
  journal.stream.write('oops\n7\nnull\n{"n":3}\n');
  await journal.find('three', ({ n }) => n === 3);
  expect(journal.lines).toEqual([{}, {}, {}, { n: 3 }]);
  expect(await readFile(file, 'utf8')).toMatch(/^oops\n/);
});

test('who waits in vain is told for what', async () => {
  const journal = new Journal(join(folder, 'empty'));
  await expect(journal.find('nothing', () => true, 10)).rejects.toThrow(
    'The log had no line of nothing within 10 ms',
  );
});

test('it remembers no more than 20,000 lines', async () => {
  const journal = new Journal(join(folder, 'long'));
  for (let part = 0; part < 3; part++) journal.stream.write('{"n":1}\n'.repeat(9_000));
  journal.stream.write('{"n":2}\n');
  await journal.find('the last', ({ n }) => n === 2);
  expect(journal.lines).toHaveLength(20_000);
});

test('a file that cannot be written breaks the stream, not the process', async () => {
  const journal = new Journal(join(folder, 'nowhere', 'log'));
  const failure = new Promise((resolve) => journal.stream.once('error', resolve));
  journal.stream.write('{}\n');
  expect(await failure).toMatchObject({ code: 'ENOENT' });
});
