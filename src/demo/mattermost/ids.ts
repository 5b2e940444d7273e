// Mattermost identifiers and tokens: 26 characters of [a-z0-9]. All that the fake server hands out is made here.
import { createHmac } from 'node:crypto';

/** A source of random bytes, passed in so that a test can repeat a run. */
export type RandomBytes = (byteCount: number) => Uint8Array;

const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const idLength = 26;

/** Spells the first `length` bytes with the alphabet of Mattermost's identifiers, five bits a byte. */
export function spell(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += alphabet.charAt((bytes[index] ?? 0) & 31);
  return text;
}

/** A fresh random identifier. */
export function makeId(random: RandomBytes): string {
  return spell(random(idLength), idLength);
}

/** The identifier that belongs to a secret and a label: the same in every process that knows the secret. */
export function deriveId(secret: string, label: string): string {
  return spell(createHmac('sha256', secret).update(label).digest(), idLength);
}

/** Whether the text has the shape of an identifier. */
export function isId(text: string): boolean {
  return /^[a-z0-9]{26}$/.test(text);
}
