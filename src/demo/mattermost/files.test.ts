// The file store keeps what fits.
import { expect, test } from 'vitest';
import { FileReceiver, FileStore } from './files.ts';

function fileOf(id: string, sizeBytes: number) {
  const receiver = new FileReceiver(100);
  receiver.write(Buffer.alloc(sizeBytes));
  const about = { id, name: id, userId: '', channelId: '', createAt: 0, mimeType: '' };
  return receiver.finish(about);
}

test('the oldest files go when the sum is over the limit, the newest never', () => {
  const store = new FileStore(10);
  const kept = (): readonly string[] => ['a', 'b', 'c', 'd'].filter((id) => store.find(id) !== undefined);
  store.add(fileOf('a', 4));
  store.add(fileOf('b', 6));
  expect(kept()).toEqual(['a', 'b']);
  store.add(fileOf('c', 1));
  expect(kept()).toEqual(['b', 'c']);
  store.add(fileOf('d', 50));
  expect(kept()).toEqual(['d']);
});

test('a receiver counts and hashes up to its limit', () => {
  const receiver = new FileReceiver(3);
  expect(receiver.write(Buffer.from('ab'))).toBe(true);
  expect(receiver.write(Buffer.from('c'))).toBe(true);
  expect(receiver.write(Buffer.from('d'))).toBe(false);
  const about = { id: '', name: '', userId: '', channelId: '', createAt: 0, mimeType: '' };
  // SHA-256 of "abc", FIPS 180-2 appendix B.1
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(receiver.finish(about).sha256).toBe(expected);
});
