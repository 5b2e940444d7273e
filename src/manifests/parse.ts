// The text of one file -> the objects in it and what is wrong with it. Start reading this folder here.
// Pure: documents -> JSON -> single objects (lists opened) -> known kinds -> slim shapes.
import { ObjectCollector } from './object-collector.ts';
import type { FileReading } from './parsed-object.ts';
import { readDocument, splitDocuments } from './yaml-document.ts';

/**
 * Reads the objects of one file. Never throws on its content; no message quotes it.
 * @param file name for locations
 */
export function readObjects(text: string, file: string): FileReading {
  const collector = new ObjectCollector(file);
  for (const document of splitDocuments(text.replace(/^\uFEFF/, ''))) {
    const result = readDocument(document);
    if (result.kind === 'broken') collector.addBroken(result.problem);
    else if (result.value !== null) collector.addRoot(result.value, result.tree);
  }
  return collector.finish();
}
