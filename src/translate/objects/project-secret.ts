// v1 Secrets: raw JSON -> the slim shape of api/objects.ts. Part of the projection.
// No message names an entry: a mistyped one may have the secret itself for its key.
import type { Secret } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { Field, FieldReader } from './field-reader.ts';
import { joinField } from './field-path.ts';
import type { RawObject } from './metadata.ts';

const secretKey = /^[-._a-zA-Z0-9]{1,253}$/;
// No group inside the loop: the value may have millions of characters, and groups cost stack.
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** A v1 Secret with all values in base64. */
export function projectSecret({ raw, metadata, reader }: RawObject): Secret {
  const type = reader.string(fieldOf(raw, '', 'type'));
  const encoded = readEntries(fieldOf(raw, '', 'data'), reader, readBase64);
  // stringData wins over data, as in the API.
  const plain = readEntries(fieldOf(raw, '', 'stringData'), reader, toBase64);
  const data = Object.fromEntries([...encoded, ...plain]);
  return { kind: 'Secret', metadata, data, ...(type === undefined ? {} : { type }) };
}

type Entry = readonly [key: string, value: string];

/** Entries of a Secret; issues name the map and the line only. */
function readEntries(
  field: Field,
  reader: FieldReader,
  convert: (text: string) => string | undefined,
): readonly Entry[] {
  const { path } = field;
  return Object.entries(reader.map(field)).flatMap(([key, value]): readonly Entry[] => {
    const converted = typeof value === 'string' ? convert(value) : undefined;
    if (converted !== undefined && secretKey.test(key)) return [[key, converted]];
    let complaint: Complaint = complaints.key;
    if (typeof value !== 'string') complaint = complaints.type;
    else if (converted === undefined) complaint = complaints.encoding;
    const { text, remedy } = complaint;
    reader.add({ field: path, at: joinField(path, key), message: `${path} holds ${text}`, remedy });
    return [];
  });
}

const complaints = {
  type: { text: 'an entry that is not a string', remedy: 'Put its value in quotes' },
  encoding: {
    text: 'an entry that is not base64',
    remedy: 'Encode the value, or put it under stringData as it is',
  },
  key: {
    text: 'a key with other characters than Kubernetes allows',
    remedy: 'Use letters, digits, dashes, dots and underscores',
  },
} as const;

type Complaint = { readonly text: string; readonly remedy: string };

/** Line breaks inside are allowed, as in the API (RFC 4648 section 3.1, Go's StdEncoding). */
function readBase64(text: string): string | undefined {
  const joined = text.replaceAll(/[\r\n]/g, '');
  return joined.length % 4 === 0 && base64.test(joined) ? joined : undefined;
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
