// SP and HTAB, the white space of field values (OWS, RFC 9110 section 5.6.3): JavaScript knows more than HTTP does. By hand,
// since an expression that looks for blanks at an end is slow on many blanks elsewhere, and a client chooses how many.

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Position of the first byte in [start, end) that is no blank; `end` where there is none. */
export function afterBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The text [start, end) without blanks at both of its ends. */
export function trimmed(text: string, start = 0, end = text.length): string {
  const first = afterBlanks(text, start, end);
  let after = end;
  while (after > first && isBlank(text.charCodeAt(after - 1))) after--;
  return text.slice(first, after);
}
