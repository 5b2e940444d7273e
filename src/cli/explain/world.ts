// What a request is explained against, where no controller is asked: here manifests, in cluster.ts a cluster.
import process from 'node:process';
import type { Finding } from '../../model/finding.ts';
import type { Knowledge } from '../../explain/knowledge.ts';
import { assemble } from '../../manifests/assembly.ts';
import type { Options } from '../../options/options.ts';
import { NO_ADDRESSES } from '../../translate/address-ranges.ts';
import { readManifestPaths } from '../input/manifest-paths.ts';
import { createProgress } from '../terminal.ts';
import { assumedKnowledge, translating } from './assumed.ts';
import { leftOutNotes } from './left-out.ts';

export type World = {
  readonly knowledge: Knowledge;
  /** Of objects that are not served as they are written. */
  readonly findings: readonly Finding[];
  /** On objects of other classes that name the host of the request. */
  readonly leftOut: readonly string[];
};

/** Rejects with a message for people. */
export async function worldOfManifests(
  paths: readonly string[],
  options: Options,
  hostnames: readonly string[],
): Promise<World> {
  const progress = createProgress(process.stderr, () => performance.now());
  const files = await readManifestPaths(paths, progress);
  progress.end();
  const { objects, findings } = assemble(files);
  const { translateAll, secretDigestKey } = await translating(options, () => NO_ADDRESSES);
  const translation = translateAll(objects);
  return {
    knowledge: assumedKnowledge(translation, options, hostnames, secretDigestKey),
    findings: [...findings, ...translation.findings],
    leftOut: leftOutNotes(objects, translation, hostnames, options),
  };
}
