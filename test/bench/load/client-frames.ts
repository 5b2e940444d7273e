// Frames as clients send them, masked with zeros (RFC 6455 section 5.3): the mask of a test need not surprise anybody.

const MAX_SHORT_BYTES = 125;

/** A frame, and its echo as the backend sends it. */
export type FramePair = { readonly frame: Buffer; readonly echo: Buffer };

export function textFrame(text: string): FramePair {
  return pair(0x81, Buffer.from(text, 'latin1'));
}

/** Close with code 1000. */
export function closeFrame(): FramePair {
  return pair(0x88, Buffer.from([0x03, 0xe8]));
}

function pair(first: number, payload: Buffer): FramePair {
  if (payload.length > MAX_SHORT_BYTES) throw new Error('Longer than a short frame');
  return {
    frame: Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]),
    echo: Buffer.concat([Buffer.from([first, payload.length]), payload]),
  };
}
