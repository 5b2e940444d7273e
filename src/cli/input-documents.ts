// YAML files, folders and standard input as plain JSON documents, for commands that look at more of an object than the
// controller does. A document that is broken ends it: half of an input is none.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { defaultLimits, listFolder, readManifest } from '../manifests/folder.ts';
import { readDocument, splitDocuments } from '../manifests/yaml-document.ts';
import type { JsonValue } from '../translate/objects/json-value.ts';

/** Rejects with a message for people: the file, the line, what is wrong, what to do. @param paths `-` for standard input */
export async function readDocuments(paths: readonly string[]): Promise<readonly JsonValue[]> {
  const texts = await Promise.all(paths.map(readPath));
  return texts.flat().flatMap(({ file, content }) => documentsOf(file, content));
}

type NamedText = { readonly file: string; readonly content: string };

async function readPath(path: string): Promise<readonly NamedText[]> {
  if (path === '-') return [{ file: 'standard input', content: await text(process.stdin) }];
  if (!(await stat(path)).isDirectory()) return [await readFile(path)];
  const look = { directory: path, limits: defaultLimits, nowMs: Date.now() };
  const { files } = await listFolder(look, { enter: () => undefined, endLook: () => undefined });
  return Promise.all(files.map((file) => readFile(join(path, file.path))));
}

async function readFile(path: string): Promise<NamedText> {
  const sighting = await readManifest(path, undefined, defaultLimits);
  if (sighting.kind === 'text') return { file: path, content: sighting.text };
  const { message, remedy } =
    sighting.kind === 'problem' ? sighting.problem : { message: 'Not there any more', remedy: 'Run again' };
  throw new Error(`${path}: ${message}. ${remedy}`);
}

function documentsOf(file: string, content: string): readonly JsonValue[] {
  return splitDocuments(content.replace(/^\uFEFF/u, '')).map((document) => {
    const reading = readDocument(document);
    if (reading.kind === 'value') return reading.value;
    const { line, message, remedy } = reading.problem;
    throw new Error(`${file}:${line}: ${message}. ${remedy}`);
  });
}
