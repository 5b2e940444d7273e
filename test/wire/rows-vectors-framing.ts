// Vectors of our own for how the framing of a request is found: lengths, codings, both, and what comes behind.
import { forwarded, get, head, post, refused, type RequestRow } from './rows.ts';
import { HIDDEN, show } from './vectors.ts';

const HOST = ['Host: a'];
const CHUNKED = 'Transfer-Encoding: chunked';
const posted = (body: string, framing = `Content-Length: ${body.length}`) => ({
  line: 'POST /',
  fields: HOST,
  framing,
  body,
});

const lengths: readonly RequestRow[] = [
  ...[
    '',
    ' ',
    '-0',
    '+0',
    '-5',
    '--5',
    '0x0',
    '0X5',
    '0b101',
    '0o5',
    '5.0',
    '5.',
    '.5',
    '5e0',
    '5E0',
    '5,',
    ',5',
    '5;',
    '5:',
    '5 5',
    '5\t5',
  ].map((length) => refused(`length ${show(length)}`, `${post(`Content-Length: ${length}`)}${HIDDEN}`)),
  ...[
    '"5"',
    "'5'",
    '(5)',
    '5\x00',
    '\x005',
    '5\xa0',
    '\xa05',
    '5\x85',
    '\xb2',
    '\xb9\xb2',
    'five',
    'NaN',
    'Infinity',
    '1_0',
    '5L',
    '5n',
    '\xd9\xa5',
    '5 bytes',
    '5/5',
    '5-5',
    'null',
  ].map((length) => refused(`length ${show(length)}`, `${post(`Content-Length: ${length}`)}${HIDDEN}`)),
  ...[
    '18446744073709551616',
    '18446744073709551621',
    '4294967296'.repeat(2),
    '9223372036854775808',
    '99999999999999999999',
    '9007199254740993',
  ].map((length) => refused(`length ${show(length)}`, `${post(`Content-Length: ${length}`)}${HIDDEN}`)),
  refused('length of 8000 digits', `${post(`Content-Length: ${'9'.repeat(8000)}`)}${HIDDEN}`),
  refused('length of 4294967301, which some read as 5', `${post('Content-Length: 4294967301')}hello`, 413),
  refused('length of the largest number', `${post('Content-Length: 9007199254740991')}hello`, 413),
  refused('lengths 0 and 1', `${post('Content-Length: 0', 'Content-Length: 1')}Z`),
  refused('lengths 1 and 0', `${post('Content-Length: 1', 'Content-Length: 0')}Z`),
  refused('lengths none and 5', `${post('Content-Length:', 'Content-Length: 5')}hello`),
  refused('lengths 5 and another spelling of it', `${post('Content-Length: 5', 'content-length: 05')}hello`),
  refused('lengths with something between', `${post('Content-Length: 5', 'X: y', 'CONTENT-LENGTH: 5')}hello`),
  refused('length twice in one line', `${post('Content-Length: 5, 5')}hello`),
  forwarded(
    'length with a zero in front is no octal',
    `${post('Content-Length: 010')}0123456789`,
    posted('0123456789'),
  ),
  forwarded(
    'length with many zeros in front',
    `${post(`Content-Length: ${'0'.repeat(100)}5`)}hello`,
    posted('hello'),
  ),
  forwarded('length of zeros', post('Content-Length: 0000'), { line: 'POST /', fields: HOST }),
  forwarded('length with white space around', `${post('Content-Length: \t 5 \t')}hello`, posted('hello')),
  forwarded('length in any case', `${post('cOnTeNt-LeNgTh:5')}hello`, posted('hello')),
  forwarded(
    'length of what looks like a request',
    `${post(`Content-Length: ${HIDDEN.length}`)}${HIDDEN}`,
    posted(HIDDEN),
  ),
  forwarded(
    'length of nothing, and a request',
    `${post('Content-Length: 0')}${HIDDEN}`,
    { line: 'POST /', fields: HOST },
    { line: 'GET /', fields: [...HOST, 'Evil: 1'] },
  ),
  forwarded(
    'GET with a length, and a request',
    `${get('Content-Length: 10')}1234567890${HIDDEN}`,
    { ...posted('1234567890'), line: 'GET /' },
    { line: 'GET /', fields: [...HOST, 'Evil: 1'] },
  ),
];

const badCodings = [
  [
    'chunked\x00',
    'chunked\x0b',
    'chunked\xff',
    '\x0bchunked',
    '\x0cchunked',
    '\xa0chunked\xa0',
    '\x85chunked',
    'chunked\x85',
    'ch\x96nked',
    'chun\xffked',
  ],
  [
    'chunked,',
    ',chunked',
    ', chunked',
    'chunked ,',
    ',,chunked',
    'chunked,,',
    ',',
    ',,',
    'chunked chunked',
    'chunkedchunked',
    'cow chunked bar',
    'chunked bar',
  ],
  [
    'chunked;',
    'chunked; q=1',
    'chunked;q=0',
    ';chunked',
    '"chunked"',
    "'chunked'",
    '(chunked)',
    'chunked"',
    'chunked=',
    'chunked/1.0',
    'chunked:',
  ],
  [
    'chunk',
    'chunke',
    'xchunked',
    'x-chunked',
    'chunkedx',
    'chunked1',
    'chun-ked',
    'chunked0',
    'cchunked',
    'cow',
    'blegh',
    'pigeons',
    'none',
    'null',
    '0',
    '*',
  ],
  [
    'identity',
    'identity, chunked',
    'chunked, identity',
    'identity, chunked, identity',
    'chunked, chunked',
    'cow, chunked',
    'chunked, cow',
    'chunked, gzip',
    'gzip',
  ],
  ['', ' ', '\t', 'Chunked\tX', 'chunked\tchunked', 'trailers', 'chunked, trailers'],
].flat();

const codings: readonly RequestRow[] = [
  ...badCodings.map((coding) =>
    refused(`coding ${show(coding)}`, `${post(`Transfer-Encoding: ${coding}`)}0\r\n\r\n${HIDDEN}`),
  ),
  ...[
    'gzip, chunked',
    'deflate,chunked',
    'gzip, deflate, chunked',
    'x-gzip, chunked',
    'GZIP , \tChunked',
    'compress, chunked',
  ].map((coding) =>
    refused(`coding ${show(coding)}`, `${post(`Transfer-Encoding: ${coding}`)}0\r\n\r\n${HIDDEN}`, 501),
  ),
  ...[
    ['chunked', 'chunked'],
    ['chunked', 'identity'],
    ['identity', 'chunked'],
    ['cow', 'chunked'],
    ['chunked', 'cow'],
    ['', 'chunked'],
    ['chunked', ''],
    ['', ''],
  ].map((pair) =>
    refused(
      `coding lines ${show(pair.join(' and '))}`,
      `${post(...pair.map((each) => `Transfer-Encoding: ${each}`))}0\r\n\r\n${HIDDEN}`,
    ),
  ),
  ...[
    'Content-Length: 5',
    'Content-Length: 0',
    'content-length: 5',
    'Content-Length:',
    'Content-Length: x',
  ].flatMap((length) => [
    refused(`coding behind ${show(length)}`, `${post(length, CHUNKED)}0\r\n\r\n${HIDDEN}`),
    refused(`coding before ${show(length)}`, `${post(CHUNKED, length)}0\r\n\r\n${HIDDEN}`),
  ]),
  refused(
    'coding that is unknown and a length',
    `${post('Transfer-Encoding: cow', 'Content-Length: 5')}hello`,
  ),
  refused('coding that is empty and a length', `${post('Transfer-Encoding:', 'Content-Length: 5')}hello`),
  refused('coding, nominated', `${post('Connection: Transfer-Encoding', CHUNKED)}0\r\n\r\n`),
  refused('length, nominated', `${post('Connection: close, content-length', 'Content-Length: 5')}hello`),
  refused(
    'coding of HTTP/1.0 with keep-alive',
    `${head('POST / HTTP/1.0', ...HOST, 'Connection: keep-alive', CHUNKED)}0\r\n\r\n${HIDDEN}`,
  ),
  ...[
    'Content-Encoding: chunked',
    'TE: chunked',
    'X-Transfer-Encoding: chunked',
    'Transfer-Encodings: chunked',
    'TransferEncoding: chunked',
  ].map((field) =>
    forwarded(`no coding is ${show(field)}`, `${post(field, 'Content-Length: 5')}0\r\n\r\n`, {
      ...posted('0\r\n\r\n'),
      fields: field.startsWith('TE') ? HOST : [...HOST, field],
    }),
  ),
];

const behind: readonly RequestRow[] = [
  ...['\r\n', ''].map((between) =>
    forwarded(
      `behind a length ${show(between)}`,
      `${post('Content-Length: 2')}hi${between}${get('N: 2')}`,
      posted('hi'),
      { line: 'GET /', fields: [...HOST, 'N: 2'] },
    ),
  ),
  ...['\r\n', ''].map((between) =>
    forwarded(
      `behind chunks ${show(between)}`,
      `${post(CHUNKED)}2\r\nhi\r\n0\r\n\r\n${between}${get('N: 2')}`,
      posted('hi', CHUNKED),
      { line: 'GET /', fields: [...HOST, 'N: 2'] },
    ),
  ),
];

/** Vectors of framing. */
export const framingVectors: readonly RequestRow[] = [...lengths, ...codings, ...behind];
