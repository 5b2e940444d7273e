// Field lines of a head or a trailer section into names and values (RFC 9112 section 5), rows F1 to F5.
import type { FieldLines } from './request-parts.ts';
import { foldAscii, isFieldValue, isTokenCode, trimOws } from './tokens.ts';

const COLON = 0x3a;

/** All lines but the first and the empty last one; undefined when one of them is not a field. */
export function parseFieldLines(text: string, lineEnds: readonly number[]): FieldLines | undefined {
  const fields: string[] = [];
  const names: string[] = [];
  for (let at = 1; at < lineEnds.length - 1; at++) {
    const start = (lineEnds[at - 1] ?? 0) + 1;
    const end = (lineEnds[at] ?? 0) - 1;
    const colon = endOfName(text, start);
    // White space around a value is allowed in it too: judged before it is cut off, nothing is cut in vain.
    if (colon === undefined || colon >= end || !isFieldValue(text, colon + 1, end)) return undefined;
    const name = text.slice(start, colon);
    fields.push(name, trimOws(text, colon + 1, end));
    names.push(foldAscii(name));
  }
  return { fields, names, headBytes: text.length };
}

/** Position of the colon behind a non-empty token that starts at `start`. */
function endOfName(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) return at === start ? undefined : at;
    if (!isTokenCode(code)) return undefined;
  }
  return undefined;
}
