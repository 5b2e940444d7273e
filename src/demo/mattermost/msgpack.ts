// Reads MessagePack, the binary form of WebSocket requests that Mattermost takes beside JSON (its Calls use it).

type Reader = { readonly bytes: Buffer; offset: number };

/** Decodes one value. Throws RangeError for bytes that end too early and TypeError for a type that is not plain data. */
export function decodeMsgpack(bytes: Buffer): unknown {
  return readValue({ bytes, offset: 0 });
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.offset + length;
  if (end > reader.bytes.length) throw new RangeError('MessagePack value is cut short');
  const part = reader.bytes.subarray(reader.offset, end);
  reader.offset = end;
  return part;
}

function readUnsigned(reader: Reader, length: 1 | 2 | 4 | 8): number {
  const part = take(reader, length);
  return length === 8 ? Number(part.readBigUInt64BE()) : part.readUIntBE(0, length);
}

function readSigned(reader: Reader, length: 1 | 2 | 4 | 8): number {
  const part = take(reader, length);
  return length === 8 ? Number(part.readBigInt64BE()) : part.readIntBE(0, length);
}

function readArray(reader: Reader, length: number): readonly unknown[] {
  const items: unknown[] = [];
  for (let index = 0; index < length; index += 1) items.push(readValue(reader));
  return items;
}

function readMap(reader: Reader, length: number): Readonly<Record<string, unknown>> {
  const entries: [string, unknown][] = [];
  for (let index = 0; index < length; index += 1)
    entries.push([String(readValue(reader)), readValue(reader)]);
  return Object.fromEntries(entries);
}

const readText = (reader: Reader, length: number): string => take(reader, length).toString();

/** Types whose first byte says everything but what follows. */
const readers: Readonly<Record<number, (reader: Reader) => unknown>> = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (reader) => take(reader, readUnsigned(reader, 1)),
  0xc5: (reader) => take(reader, readUnsigned(reader, 2)),
  0xc6: (reader) => take(reader, readUnsigned(reader, 4)),
  0xca: (reader) => take(reader, 4).readFloatBE(),
  0xcb: (reader) => take(reader, 8).readDoubleBE(),
  0xcc: (reader) => readUnsigned(reader, 1),
  0xcd: (reader) => readUnsigned(reader, 2),
  0xce: (reader) => readUnsigned(reader, 4),
  0xcf: (reader) => readUnsigned(reader, 8),
  0xd0: (reader) => readSigned(reader, 1),
  0xd1: (reader) => readSigned(reader, 2),
  0xd2: (reader) => readSigned(reader, 4),
  0xd3: (reader) => readSigned(reader, 8),
  0xd9: (reader) => readText(reader, readUnsigned(reader, 1)),
  0xda: (reader) => readText(reader, readUnsigned(reader, 2)),
  0xdb: (reader) => readText(reader, readUnsigned(reader, 4)),
  0xdc: (reader) => readArray(reader, readUnsigned(reader, 2)),
  0xdd: (reader) => readArray(reader, readUnsigned(reader, 4)),
  0xde: (reader) => readMap(reader, readUnsigned(reader, 2)),
  0xdf: (reader) => readMap(reader, readUnsigned(reader, 4)),
};

function readValue(reader: Reader): unknown {
  const type = readUnsigned(reader, 1);
  if (type < 0x80) return type;
  if (type < 0x90) return readMap(reader, type & 0x0f);
  if (type < 0xa0) return readArray(reader, type & 0x0f);
  if (type < 0xc0) return readText(reader, type & 0x1f);
  if (type >= 0xe0) return type - 0x100;
  const read = readers[type];
  if (read === undefined) throw new TypeError(`MessagePack type 0x${type.toString(16)} is not plain data`);
  return read(reader);
}
