// What this process still holds after everything that nobody refers to is gone: bytes, and objects of a class.
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync' }) => void;

/** Collects garbage, twice, since what a finaliser lets go of is garbage only then. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  for (let round = 0; round < 2; round++) collect({ type: 'major', execution: 'sync' });
}

/** Bytes of the heap and of buffers outside of it, after a collection. */
export function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A class of any objects. */
export type Class = abstract new (...parameters: never[]) => object;

/** How many objects of a class, or of one that extends it, are alive. */
export function countLive(counted: Class): number {
  return queryObjects(counted as unknown as () => void, { format: 'count' });
}
