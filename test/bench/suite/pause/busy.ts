// Reads what busy-preload.ts notes in each worker: lines of when (ms since the epoch) and how long (ms).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of all workers, the longest noted in that stretch of time. */
export function longestBusyMs(folder: string, fromMs: number, toMs: number): number {
  const files = readdirSync(folder).filter((name) => name.startsWith('busy-'));
  const notes = files.flatMap((file) => parseNotes(readFileSync(join(folder, file), 'utf8')));
  const within = notes.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return Math.max(0, ...within.map(({ busyMs }) => busyMs));
}

type Note = { readonly atMs: number; readonly busyMs: number };

function parseNotes(text: string): readonly Note[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([atMs = 0, busyMs = 0]) => ({ atMs, busyMs }));
}
