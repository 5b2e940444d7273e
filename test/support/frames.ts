// WebSocket frames as bytes (RFC 6455 section 5.2), for tests that send them.

export type FrameFacts = {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin?: boolean | undefined;
  /** Masking key; clients mask, servers do not. */
  readonly mask?: number | undefined;
  /** The three reserved bits as a number; 4 is the one that permessage-deflate sets. */
  readonly rsv?: number | undefined;
};

export function encodeFrame({ opcode, payload, fin = true, mask, rsv = 0 }: FrameFacts): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (mask === undefined) return Buffer.concat([Buffer.from([first]), lengthBytes(payload.length), payload]);
  const length = lengthBytes(payload.length);
  length[0] = (length[0] ?? 0) | 0x80;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  return Buffer.concat([Buffer.from([first]), length, key, masked(payload, key)]);
}

function masked(payload: Buffer, key: Buffer): Buffer {
  const bytes = Buffer.from(payload);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ (key[at & 3] ?? 0);
  return bytes;
}

function lengthBytes(length: number): Buffer {
  if (length < 126) return Buffer.from([length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A frame as `splitFrames` finds it. */
export type FoundFrame = { readonly first: number; readonly isMasked: boolean; readonly payload: Buffer };

/** The whole frames in a stream, read by nothing of ours, and what is left behind the last of them. */
export function splitFrames(bytes: Buffer): {
  readonly frames: readonly FoundFrame[];
  readonly rest: Buffer;
} {
  const frames: FoundFrame[] = [];
  let at = 0;
  for (let found = frameAt(bytes, at); found !== undefined; found = frameAt(bytes, at)) {
    frames.push(found.frame);
    at = found.end;
  }
  return { frames, rest: bytes.subarray(at) };
}

function frameAt(bytes: Buffer, at: number): { frame: FoundFrame; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const second = bytes.readUInt8(at + 1);
  const isMasked = second >= 0x80;
  const extended = { 126: 2, 127: 8 }[second & 0x7f] ?? 0;
  const start = at + 2 + extended + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    extended === 0 ? second & 0x7f : Number(BigInt(`0x${bytes.toString('hex', at + 2, at + 2 + extended)}`));
  const end = start + length;
  if (bytes.length < end) return undefined;
  return { frame: { first: bytes.readUInt8(at), isMasked, payload: bytes.subarray(start, end) }, end };
}
