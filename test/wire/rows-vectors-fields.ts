// Vectors of our own for each state in which the fields of a request are read: name, value, line ends, the empty line.
import { forwarded, get, refused, type RequestRow } from './rows.ts';
import { refusedEach, show, words } from './vectors.ts';

const ROOT = { line: 'GET /', fields: ['Host: a'] };

const names: readonly RequestRow[] = [
  ...refusedEach(
    'name',
    [
      '',
      ' ',
      '\t',
      ' X',
      '\tX',
      'X ',
      'X\t',
      'X Y',
      'X\0',
      '\0X',
      'X\x01',
      'X\x1f',
      'X\x7f',
      'X\x80',
      '\xefoo',
      'X\xa0',
      '\xa0X',
      'X\x85',
      'X\xad',
    ],
    (name) => get(`${name}: y`),
  ),
  ...refusedEach('name', words('X( X) X< X> X@ X, X; X\\ X" X/ X[ X] X? X= X{ X}'), (name) =>
    get(`${name}: y`),
  ),
  ...refusedEach(
    'name',
    [
      'Host ',
      'Host\t',
      'Host\0',
      'Host\xa0',
      ' Host',
      'Content-Length ',
      'Content-Length\t',
      'Content-Length\x85',
      'Content Length',
      'Content-Length 5',
      'Transfer-Encoding\v',
      'Transfer\0-Encoding',
    ],
    (name) => `${get(`${name}: 5`)}hello`,
  ),
  ...refusedEach(
    'name',
    words(
      'Content_Length content.length Transfer_Encoding TRANSFER.ENCODING X_Forwarded_Host X-Forwarded_For X_REAL_IP X.Request.ID',
    ),
    (name) => `${get(`${name}: 5`)}hello`,
  ),
  refused('name alone', get('X')),
  refused('name alone and a space', get('X ')),
  refused('name over two lines', get('Transfer-', 'Encoding: chunked')),
  refused('name folded', get('X', ' : y')),
  refused('name of 8 KiB', get(`${'X'.repeat(8200)}: y`), 431),
  refused('name of 40,000 bytes', get(`${'X'.repeat(40_000)}: y`), 431),
  refused('name with a colon before it', get(':X: y')),
  refused('name and its colon missing, the header cut off there', get(':', 'I: am cut off')),
  refused('name that is a request line', `GET / HTTP/1.1\r\nHost: a\r\n${get()}`),
  ...["X!#$%&'*+-.^`|~", 'Host_', '_Host', '0', '-', '+', '!', "'", '|', 'x-', '--'].map((name) =>
    forwarded(`name ${show(name)}`, get(`${name}: y`), { ...ROOT, fields: ['Host: a', `${name}: y`] }),
  ),
];

const values: readonly RequestRow[] = [
  ...refusedEach(
    'value',
    [
      '\0',
      'a\0b',
      '\x01',
      'a\x02',
      '\x08',
      '\v',
      '\f',
      'a\x1b[31mb',
      '\x1f',
      '\x7f',
      'a\rb',
      '\ra',
      'a\r',
      'a\r\r',
      'a\nb',
      '\na',
      'a\n',
      '\n\n',
      '\r\0',
    ],
    (value) => get(`X: ${value}`),
  ),
  ...refusedEach(
    'value',
    ['x\r\n y', 'x\r\n\ty', '\r\n x', '\r\n ', 'x\r\n ', 'x\r\n \r\n y', 'x\r\n  Content-Length: 5'],
    (value) => get(`X: ${value}`),
  ),
  ...refusedEach(
    'value that splits',
    [
      'x\rContent-Length: 5',
      'x\nContent-Length: 5',
      'x\n\nGET /evil HTTP/1.1',
      'x\r\rGET /evil HTTP/1.1',
      '\rTransfer-Encoding: chunked',
      '\nTransfer-Encoding: chunked',
      'v\0\ralue',
    ],
    (value) => `${get(`X: ${value}`)}hello`,
  ),
  ...[
    '',
    ' ',
    '\t',
    ' \t ',
    '"',
    '"x',
    'a,b',
    ',',
    ';',
    ':',
    '::',
    ' : ',
    '=',
    '(',
    '\\',
    '\xa0x\xa0',
    '\x85',
    '\xff\xfe',
    'D\xc3\xbcsseldorf',
    '++++++++++',
    '<script>',
    '%0d%0a',
    '${jndi:ldap://x}',
  ].map((value) =>
    forwarded(`value ${show(value)}`, get(`X:${value}`), {
      ...ROOT,
      fields: ['Host: a', `X: ${value.replace(/^[ \t]+|[ \t]+$/g, '')}`],
    }),
  ),
  forwarded('value of 8 KiB less its name', get(`X: ${'y'.repeat(8189)}`), {
    ...ROOT,
    fields: ['Host: a', `X: ${'y'.repeat(8189)}`],
  }),
  refused('value of one byte more', get(`X: ${'y'.repeat(8190)}`), 431),
  refused('value of 40,000 bytes', get(`X: ${'y'.repeat(40_000)}`), 431),
];

const lineEnds: readonly RequestRow[] = [
  ...refusedEach(
    'end of the first line',
    ['\n', '\r', '\r\r\n', '\n\r\n', '\n\r', '\r\n\r', '\v', '\f', '\x85', '\\r\\n'],
    (end) => `GET / HTTP/1.1${end}Host: a\r\n\r\n`,
  ),
  ...refusedEach(
    'end of a field',
    ['\n', '\r', '\r\r\n', '\n\r\n', '\n\r', '\0\r\n', '\r\n\r'],
    (end) => `GET / HTTP/1.1\r\nHost: a\r\nX: y${end}Z: z\r\n\r\n`,
  ),
  ...refusedEach(
    'empty line',
    ['\n', '\r', '\rX', '\r\r', '\r\0', '\n\r\n', ' \r\n', '\t\r\n', '\0\r\n', '\r \n'],
    (end) => `GET / HTTP/1.1\r\nHost: a\r\n${end}${get('Evil: 1')}`,
  ),
];

const counts: readonly RequestRow[] = [
  forwarded('100 fields', get(...Array<string>(99).fill('X: y')), {
    ...ROOT,
    fields: ['Host: a', ...Array<string>(99).fill('X: y')],
  }),
  refused('101 fields', get(...Array<string>(100).fill('Y: z')), 431),
  refused('5,000 fields', get(...Array<string>(5_000).fill('Y: z')), 431),
];

/** Vectors of the fields of a request. */
export const fieldVectors: readonly RequestRow[] = [...names, ...values, ...lineEnds, ...counts];
