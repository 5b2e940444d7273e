// The limit of open files as the kernel prints it.
import { expect, test } from 'vitest';
import { hardLimitIn } from './descriptors.ts';

const HEAD = 'Limit                     Soft Limit           Hard Limit           Units\n';

test.each([
  ['Max open files            1024                 1048576              files', 1_048_576],
  ['Max open files            1024                 unlimited            files', Number.POSITIVE_INFINITY],
])('%s', (line, limit) => {
  expect(hardLimitIn(`${HEAD}Max pending locks  1  2  locks\n${line}\n`)).toBe(limit);
});
