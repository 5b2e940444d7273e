// The share of a worker in the memory of the process.
import { expect, test } from 'vitest';
import { workerHeapMb } from './machine.ts';

test.each([
  { what: 'a pod of 1 GiB', heapMb: 614, workers: 2, share: 307 },
  { what: 'one worker', heapMb: 614, workers: 1, share: 614 },
  { what: 'many workers in a small pod', heapMb: 300, workers: 8, share: 128 },
  { what: 'less than the least', heapMb: 76, workers: 4, share: 76 },
])('$what', ({ heapMb, workers, share }) => {
  expect(workerHeapMb(heapMb, workers)).toBe(share);
});
