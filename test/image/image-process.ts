// The program of an assembled image as a container would run it: as the image's user, on files it cannot change.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { LogLines } from '../support/log-lines.ts';
import type { Assembled } from './assembly.ts';

export type ImageChild = ChildProcessByStdio<null, Readable, Readable>;
export type Finished = { readonly code: unknown; readonly out: string; readonly error: string };

/** Only root may become somebody else. */
export const canChangeUser = process.platform === 'linux' && process.getuid?.() === 0;

/** Starts the image's entry point with other arguments than its own; `node` stands for the base image's. */
export function startImage({ root, stage }: Assembled, node: string, args: readonly string[]): ImageChild {
  const [, ...entrypoint] = stage.entrypoint.map((word) => (word.startsWith('/') ? join(root, word) : word));
  const [uid = '', gid = ''] = stage.user.split(':');
  const become = [
    'setpriv',
    '--reuid',
    uid,
    '--regid',
    gid,
    '--clear-groups',
    '--inh-caps=-all',
    '--no-new-privs',
  ];
  const [file = '', ...rest] = [...(canChangeUser ? become : []), node, ...entrypoint, ...args];
  return spawn(file, rest, {
    cwd: join(root, stage.workdir),
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a container without a writable folder has; whoever wants a temporary file gets an error.
    env: { PATH: process.env['PATH'], HOME: '/', TMPDIR: '/nowhere' },
  });
}

/** Runs to the end. */
export async function finishImage(child: ImageChild): Promise<Finished> {
  const closed = once(child, 'close');
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, out, error };
}

/** The lines of its log, each JSON. */
export function logOf(child: ImageChild): LogLines {
  const lines = new LogLines();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => lines.push(chunk));
  return lines;
}

/** A copy of the running node where everybody may run it: the project may lie in somebody's home. */
export function copyNode(folder: string): string {
  const copy = join(folder, 'node');
  copyFileSync(process.execPath, copy, constants.COPYFILE_FICLONE);
  return copy;
}
