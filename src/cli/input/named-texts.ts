// Files, folders and standard input as texts with their names, for commands that look at them once: read as `run` reads
// them, with the same bounds.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLimits, listFolder, readManifest } from '../../manifests/folder.ts';
import type { ReadProblem } from '../../manifests/manifest-file.ts';
import type { Progress } from '../terminal.ts';
import { readInputText, unreadable } from './input-text.ts';

/** A file, or why it cannot be read. */
export type NamedText = { readonly file: string } & (
  | { readonly text: string }
  | { readonly problem: ReadProblem }
);

/** Rejects where a path is not there. @param paths `-` for standard input */
export async function readNamedTexts(
  paths: readonly string[],
  progress: Progress,
): Promise<readonly NamedText[]> {
  return (await Promise.all(paths.map((path) => readPath(path, progress)))).flat();
}

async function readPath(path: string, progress: Progress): Promise<readonly NamedText[]> {
  if (path === '-') return [{ file: 'standard input', text: await readInputText(path) }];
  const found = await stat(path).catch((error: unknown) => Promise.reject(unreadable(path, error)));
  if (found.isFile()) return [await readFileAt(path)];
  // A shell gives a pipe for what a command writes: <(kubectl get ...).
  if (!found.isDirectory()) return [{ file: path, text: await readInputText(path) }];
  const look = { directory: path, limits: defaultLimits, nowMs: Date.now() };
  const { files } = await listFolder(look, { enter: () => undefined, endLook: () => undefined });
  let read = 0;
  return Promise.all(
    files.map(async (file) => {
      const found = await readFileAt(join(path, file.path));
      progress.show(`reading ${path}: ${++read} of ${files.length} files`);
      return found;
    }),
  );
}

async function readFileAt(path: string): Promise<NamedText> {
  const sighting = await readManifest(path, undefined, defaultLimits);
  if (sighting.kind === 'text') return { file: path, text: sighting.text };
  const gone = { message: 'Not there any more', remedy: 'Run again' };
  return { file: path, problem: sighting.kind === 'problem' ? sighting.problem : gone };
}
