// YAML files, folders and standard input as plain JSON documents, for commands that look at more of an object than the
// controller does. A document that is broken ends it: half of an input is none.
import { printable } from '../../explain/wording.ts';
import { readDocument, splitDocuments } from '../../manifests/yaml-document.ts';
import type { JsonValue } from '../../translate/objects/json-value.ts';
import type { Progress } from '../terminal.ts';
import { type NamedText, readNamedTexts } from './named-texts.ts';

/** Rejects with a message for people: the file, the line, what is wrong, what to do. @param paths `-` for standard input */
export async function readDocuments(
  paths: readonly string[],
  progress: Progress,
): Promise<readonly JsonValue[]> {
  return (await readNamedTexts(paths, progress)).flatMap(documentsOf);
}

function documentsOf(named: NamedText): readonly JsonValue[] {
  const file = printable(named.file);
  if ('problem' in named) throw new Error(`${file}: ${named.problem.message}. ${named.problem.remedy}`);
  return splitDocuments(named.text.replace(/^\uFEFF/u, '')).map((document) => {
    const reading = readDocument(document);
    if (reading.kind === 'value') return reading.value;
    const { line, message, remedy } = reading.problem;
    throw new Error(`${file}:${line}: ${message}. ${remedy}`);
  });
}
