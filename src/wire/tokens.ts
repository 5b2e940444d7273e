// The character classes of HTTP (RFC 9110 section 5.6) as tables over latin1 strings.
// Folding and trimming here know ASCII only: JavaScript's own would see more than the protocol does.

const TOKEN = 1;
const VALUE = 2;
const TARGET = 4;
const HOST = 8;
const DIGIT = 16;
const HEX = 32;

const CLASSES = classify();

function classify(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let code = 0; code < 256; code++) {
    const char = String.fromCharCode(code);
    let bits = 0;
    if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char)) bits |= TOKEN;
    if (isValueCode(code)) bits |= VALUE;
    if (code > 0x20 && code < 0x7f && char !== '#') bits |= TARGET;
    if (/[A-Za-z0-9.-]/.test(char)) bits |= HOST;
    if (/[0-9]/.test(char)) bits |= DIGIT;
    if (/[0-9A-Fa-f]/.test(char)) bits |= HEX;
    classes[code] = bits;
  }
  return classes;
}

function isAll(text: string, bit: number): boolean {
  for (let at = 0; at < text.length; at++) {
    if (!isClass(text.charCodeAt(at), bit)) return false;
  }
  return true;
}

function isClass(code: number, bit: number): boolean {
  return ((CLASSES[code] ?? 0) & bit) !== 0;
}

/** tchar (RFC 9110 section 5.6.2). */
export function isTokenCode(code: number): boolean {
  return isClass(code, TOKEN);
}

/** A byte allowed in a field value: HTAB, SP, visible ASCII and obs-text (row F4). */
export function isValueCode(code: number): boolean {
  return code >= 0x20 ? code !== 0x7f : code === 0x09;
}

export function isToken(text: string): boolean {
  return text !== '' && isAll(text, TOKEN);
}

export function isFieldValue(text: string): boolean {
  return isAll(text, VALUE);
}

/** Bytes allowed in a request target: visible ASCII but `#` (row H6). */
export function isTargetText(text: string): boolean {
  return isAll(text, TARGET);
}

export function isDigits(text: string): boolean {
  return text !== '' && isAll(text, DIGIT);
}

export function isHexCode(code: number): boolean {
  return isClass(code, HEX);
}

/** Letters, digits, dots and hyphens: what a host name may be made of (row H2). */
export function isHostText(text: string): boolean {
  return text !== '' && isAll(text, HOST);
}

/** The text, or a part of it, without SP and HTAB at both ends (OWS, RFC 9110 section 5.6.3). */
export function trimOws(text: string, start = 0, end = text.length): string {
  let first = start;
  let after = end;
  while (first < after && isOws(text.charCodeAt(first))) first++;
  while (after > first && isOws(text.charCodeAt(after - 1))) after--;
  return text.slice(first, after);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** A-Z to a-z and nothing else; on ASCII the engine's own folding does just that. */
export function foldAscii(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** The members of a comma-separated list of tokens, folded; undefined if one is not a token (RFC 9110 section 5.6.1). */
export function parseTokenList(value: string): readonly string[] | undefined {
  const members: string[] = [];
  for (const part of value.split(',')) {
    const member = trimOws(part);
    if (member === '') continue;
    if (!isToken(member)) return undefined;
    members.push(foldAscii(member));
  }
  return members;
}
