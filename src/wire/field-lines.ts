// Field lines of a head into names and values (RFC 9112 section 5); HeadReader has judged every byte of them (rows F1 to F5).
import { lowerCaseName } from './usual-names.ts';
import type { HeadReader } from './head-reader.ts';
import type { FieldLines } from './request-parts.ts';
import { trimOws } from './tokens.ts';

/** The marks of a head that is complete. */
export type HeadMarks = Pick<HeadReader, 'text' | 'fieldCount' | 'lineEnds' | 'colons'>;

export function readFieldLines({ text, fieldCount, lineEnds, colons }: HeadMarks): FieldLines {
  const fields: string[] = [];
  const names: string[] = [];
  let start = (lineEnds[0] ?? 0) + 1;
  for (let at = 0; at < fieldCount; at++) {
    const colon = colons[at] ?? 0;
    const lineFeed = lineEnds[at + 1] ?? 0;
    const name = text.slice(start, colon);
    fields.push(name, trimOws(text, colon + 1, lineFeed - 1));
    names.push(lowerCaseName(name));
    start = lineFeed + 1;
  }
  return { fields, names, headBytes: text.length };
}

/** The first line without its line end. */
export function firstLineOf({ text, lineEnds }: HeadMarks): string {
  return text.slice(0, (lineEnds[0] ?? 1) - 1);
}
