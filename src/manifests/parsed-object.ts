// What reading a file gives: its objects, each with the text it came from. Made by parse.ts.
import type { ApiObject } from '../api/objects.ts';
import type { Finding, Location, ObjectReference } from '../model/finding.ts';
import { findLines } from './field-line.ts';
import type { ObjectText } from './field-line.ts';

/** An object of a file: what the program sees of it, and where it stands. */
export type ParsedObject = {
  /** As the file writes it: v1 Endpoints stay `Endpoints` here. */
  readonly reference: ObjectReference;
  /** One value; for v1 Endpoints any number of slices. */
  readonly produced: readonly ApiObject[];
  readonly file: string;
  /** Its own text, for `locateField`. */
  readonly source: ObjectText;
};

export type FileReading = {
  readonly objects: readonly ParsedObject[];
  /** Errors without `object` mean that the file may hold objects which could not be read. */
  readonly findings: readonly Finding[];
  /** Documents that are not empty, broken ones included. */
  readonly documentCount: number;
};

/** The line of a field of an object, or of its nearest ancestor that is there. */
export function locateField(object: ParsedObject, field: string): Location {
  return { file: object.file, line: findLines(object.source, [field])[0] ?? object.source.line };
}
