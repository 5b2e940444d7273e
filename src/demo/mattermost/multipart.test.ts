// The multipart parser: parts as sent, however the bytes are cut.
import { describe, expect, test } from 'vitest';
import { boundaryOf, MultipartParser } from './multipart.ts';

type Part = { name: string; filename?: string; contentType: string; text: string; isEnded: boolean };

function parse(body: string, sizes: number): { readonly parts: readonly Part[]; readonly state: string } {
  const parts: Part[] = [];
  const last = (): Part => {
    const part = parts.at(-1);
    if (part === undefined) throw new Error('Bytes before a part');
    return part;
  };
  const parser = new MultipartParser('b', {
    begin: (head) => void parts.push({ ...head, text: '', isEnded: false }),
    write: (chunk) => void (last().text += chunk.toString('latin1')),
    end: () => void (last().isEnded = true),
  });
  const bytes = Buffer.from(body, 'latin1');
  let state = '';
  for (let at = 0; at < bytes.length; at += sizes) state = parser.push(bytes.subarray(at, at + sizes));
  return { parts, state };
}

const field = '--b\r\nContent-Disposition: form-data; name="client_ids"\r\n\r\nc1\r\n';
const tricky = 'x\r\n--\r\n--a\r\n-\r\n--\r\ny\r\n';
const file = `--b\r\ncontent-type: text/x\r\nContent-Disposition: form-data; name="files"; filename="a\\"b.txt"\r\n\r\n${tricky}\r\n`;
const empty = '--b\r\nContent-Disposition: form-data; name="files"; filename="e"\r\n\r\n\r\n';

describe('MultipartParser', () => {
  test.each([1, 2, 3, 5, 7, 11, 64, 100_000])('in pieces of %i bytes', (sizes) => {
    const { parts, state } = parse(`preamble\r\n${field}${file}${empty}--b--\r\nepilogue`, sizes);
    expect(state).toBe('done');
    expect(parts).toEqual([
      { name: 'client_ids', contentType: 'application/octet-stream', text: 'c1', isEnded: true },
      { name: 'files', filename: 'a"b.txt', contentType: 'text/x', text: tricky, isEnded: true },
      { name: 'files', filename: 'e', contentType: 'application/octet-stream', text: '', isEnded: true },
    ]);
  });

  test.each([
    ['cut in a body', `${field}${file}`.slice(0, -1), 'body'],
    ['no boundary at all', 'hello', 'preamble'],
    ['a part without a name', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--', 'malformed'],
    ['a part without a head', '--b\r\n\r\nx\r\n--b--', 'malformed'],
    ['rubbish after a boundary', '--bxx', 'malformed'],
    ['an endless head', `--b\r\n${'x'.repeat(20_000)}`, 'malformed'],
  ])('%s ends as it should', (_, body, expected) => {
    for (const sizes of [1, 100_000]) expect(parse(body, sizes).state).toBe(expected);
  });
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=x; boundary="a b"', 'a b'],
  ['multipart/form-data', undefined],
  ['multipart/mixed; boundary=abc', undefined],
  ['text/plain', undefined],
])('boundary of %s', (contentType, expected) => {
  expect(boundaryOf(contentType)).toBe(expected);
});
