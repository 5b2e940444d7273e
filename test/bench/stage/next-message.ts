// One message of a child process, awaited.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Rejects when the process ends instead of saying something. */
export async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const ended = Promise.withResolvers<never>();
  const onExit = (code: number | null): void =>
    ended.reject(new Error(`A process of the load ended with ${code}`));
  child.once('exit', onExit);
  const [message] = (await Promise.race([once(child, 'message'), ended.promise])) as [Message];
  child.off('exit', onExit);
  return message;
}
