// WebSocket frames as bytes (RFC 6455 section 5.2), for tests that send them.

export type FrameFacts = {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin?: boolean | undefined;
  /** Masking key; clients mask, servers do not. */
  readonly mask?: number | undefined;
};

export function encodeFrame({ opcode, payload, fin = true, mask }: FrameFacts): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + extended + (mask === undefined ? 0 : 4));
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = (mask === undefined ? 0 : 0x80) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) header.writeUInt16BE(length, 2);
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (mask === undefined) return Buffer.concat([header, payload]);
  const key = header.subarray(-4);
  key.writeUInt32BE(mask >>> 0);
  const masked = Buffer.from(payload);
  for (let at = 0; at < length; at++) masked[at] = (masked[at] ?? 0) ^ (key[at % 4] ?? 0);
  return Buffer.concat([header, masked]);
}
