// The text of standard input, of a file of any kind, or of an answer: a pipe, a device or a server may never come to an end.
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { bytesText, printable } from '../../explain/wording.ts';
import { describeError } from '../../manifests/folder.ts';

const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/** Rejects with a message for people. @param path `-` for standard input */
export async function readInputText(path: string): Promise<string> {
  const stream: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path);
  const found = await boundedText(stream, MAX_INPUT_BYTES).catch((error: unknown) =>
    Promise.reject(unreadable(path, error)),
  );
  if (found !== undefined) return found;
  throw new Error(`${nameOfInput(path)} is larger than ${bytesText(MAX_INPUT_BYTES)}`);
}

/** @returns undefined where there is more of it; the rest is not read */
export async function boundedText(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** At the beginning of a sentence. */
export function nameOfInput(path: string): string {
  return path === '-' ? 'Standard input' : printable(path);
}

/** For people, who need not know what the operating system calls it. */
export function unreadable(path: string, error: unknown): Error {
  const { message, remedy } = describeError(error, 'file');
  return new Error(`${nameOfInput(path)}: ${message}. ${remedy}`, { cause: error });
}
