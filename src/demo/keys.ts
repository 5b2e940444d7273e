// The keys of the demo on a terminal: one key an act, one act at a time.
import type { ReadStream } from 'node:tty';
import { messageOf } from '../model/error-message.ts';
import type { Stagehand } from './stagehand.ts';
import type { Teller } from './tour/step.ts';

type Key = { readonly key: string; readonly what: string; readonly act: (hand: Stagehand) => Promise<void> };

const CTRL_C = '\u0003';

const KEYS: readonly Key[] = [
  { key: 'd', what: 'drain the node with the most WebSockets', act: (hand) => hand.drain() },
  { key: 'k', what: 'kill the node with the most WebSockets', act: (hand) => hand.kill() },
  { key: 'u', what: 'bring back what is out', act: (hand) => hand.bringBack() },
  {
    key: 'r',
    what: 'rotate the secret of the apps: add another one, then take the old one away',
    act: (hand) => hand.rotateSecret(),
  },
];

/** What each key does. */
export function keyLines(): readonly string[] {
  return [...KEYS.map(({ key, what }) => `${key}  ${what}`), '?  show this again', 'q  quit, as Ctrl-C does'];
}

/**
 * Reads keys until the process ends, and leaves the terminal as it was.
 * @param quit what Ctrl-C and q do: a terminal that hands over single keys makes no signals
 */
export function readKeys(input: ReadStream, hand: Stagehand, teller: Teller, quit: () => void): void {
  input.setRawMode(true);
  process.once('exit', () => input.setRawMode(false));
  let isBusy = false;
  const press = async (pressed: string): Promise<void> => {
    if (pressed === CTRL_C || pressed === 'q') return quit();
    if (pressed === '?') return keyLines().forEach((line) => teller.note(line));
    const found = KEYS.find(({ key }) => key === pressed);
    if (found === undefined) return;
    if (isBusy) return teller.note('one thing after another: the last key is still at work');
    isBusy = true;
    await found.act(hand).catch((error: unknown) => teller.note(messageOf(error)));
    isBusy = false;
  };
  input.setEncoding('utf8').on('data', (text) => {
    for (const pressed of String(text)) void press(pressed);
  });
}
