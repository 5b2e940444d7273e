// WebSocket frames as bytes (RFC 6455 section 5.2), for tests that send them.

export type FrameFacts = {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin?: boolean | undefined;
  /** Masking key; clients mask, servers do not. */
  readonly mask?: number | undefined;
};

export function encodeFrame({ opcode, payload, fin = true, mask }: FrameFacts): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  if (mask === undefined) return Buffer.concat([Buffer.from([first]), lengthBytes(payload.length), payload]);
  const length = lengthBytes(payload.length);
  length[0] = (length[0] ?? 0) | 0x80;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  const masked = payload.map((byte, at) => byte ^ (key[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([first]), length, key, masked]);
}

function lengthBytes(length: number): Buffer {
  if (length < 126) return Buffer.from([length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
