// Files, folders and standard input as manifests, for commands that look at them once.
import { adoptProblem, adoptText, type ManifestFile } from '../../manifests/manifest-file.ts';
import type { Progress } from '../terminal.ts';
import { readNamedTexts } from './named-texts.ts';

/** Rejects where a path is not there. @param paths `-` for standard input */
export async function readManifestPaths(
  paths: readonly string[],
  progress: Progress,
): Promise<readonly ManifestFile[]> {
  const texts = await readNamedTexts(paths, progress);
  return texts.map((each) =>
    'text' in each
      ? adoptText(undefined, each.file, each.text)
      : adoptProblem(undefined, each.file, each.problem),
  );
}
