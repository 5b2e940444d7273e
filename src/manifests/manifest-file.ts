// One file over time: what it gives now, and what it keeps of its last good version while it is broken.
// Pure; fed by source.ts with every settled state of a file.
import type { Finding, ObjectReference } from '../model/finding.ts';
import { readObjects } from './parse.ts';
import type { FileReading, ParsedObject } from './parsed-object.ts';

export type ManifestFile = {
  readonly file: string;
  /** Objects of this version, then those kept of the last good one. */
  readonly objects: readonly ParsedObject[];
  readonly findings: readonly Finding[];
};

/** Why a file or folder cannot be read. */
export type ReadProblem = { readonly message: string; readonly remedy: string };

/**
 * The file after a new text. Kept of the version before are: all objects if the text is empty; an object whose new
 * version is refused; every object missing here while something in the text cannot be identified.
 */
export function adoptText(previous: ManifestFile | undefined, file: string, text: string): ManifestFile {
  const reading = readObjects(text, file);
  const before = previous?.objects ?? [];
  if (reading.documentCount === 0)
    return before.length === 0 ? { file, ...reading } : keepAll(before, file, empty);
  const present = new Set(reading.objects.map((object) => identify(object.reference)));
  const lost = findLost(reading);
  const kept = before.filter((object) => {
    const identity = identify(object.reference);
    return !present.has(identity) && (lost.isUnclear || lost.identities.has(identity));
  });
  const keptIdentities = new Set(kept.map((object) => identify(object.reference)));
  const findings = reading.findings.map((finding) => explainKept(finding, keptIdentities));
  return { file, objects: [...reading.objects, ...kept], findings };
}

/** The file while it cannot be read: it keeps what it had. */
export function adoptProblem(
  previous: ManifestFile | undefined,
  file: string,
  problem: ReadProblem,
): ManifestFile {
  return keepAll(previous?.objects ?? [], file, problem);
}

/** A finding about a file or folder as a whole. */
export function describeProblem(file: string, problem: ReadProblem): Finding {
  return { severity: 'error', location: { file, line: 1 }, field: '', reason: 'FileUnreadable', ...problem };
}

const empty: ReadProblem = {
  message: 'The file is empty',
  remedy: 'Delete the file to remove its objects',
};

const keepsFile = 'the file keeps the objects of its last good version';

function keepAll(objects: readonly ParsedObject[], file: string, problem: ReadProblem): ManifestFile {
  const message = objects.length === 0 ? problem.message : `${problem.message}; ${keepsFile}`;
  return { file, objects, findings: [describeProblem(file, { ...problem, message })] };
}

function findLost(reading: FileReading): {
  readonly isUnclear: boolean;
  readonly identities: ReadonlySet<string>;
} {
  const errors = reading.findings.filter((finding) => finding.severity === 'error');
  const references = errors.flatMap((finding) => finding.object ?? []);
  return {
    isUnclear: references.length < errors.length,
    identities: new Set(references.map(identify)),
  };
}

function explainKept(finding: Finding, kept: ReadonlySet<string>): Finding {
  if (finding.severity !== 'error' || kept.size === 0) return finding;
  if (finding.object === undefined) return { ...finding, message: `${finding.message}; ${keepsFile}` };
  if (!kept.has(identify(finding.object))) return finding;
  return { ...finding, message: `${finding.message}; the object keeps its last good version` };
}

/** One string for kind, namespace and name. */
export function identify(reference: ObjectReference): string {
  return `${reference.kind}/${reference.namespace}/${reference.name}`;
}
