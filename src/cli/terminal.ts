// What commands may do to the stream they write to: colours, a line of progress, and the end where nobody reads on.
import process from 'node:process';
import { styleText } from 'node:util';
import { printable } from '../explain/wording.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that may be a terminal. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

/** What shells say of a program that wrote into a pipe nobody reads. */
const BROKEN_PIPE = 141;
const CLEAR_LINE = '\r\u001B[K';
/** Shorter work needs no progress, and nobody reads faster. */
const PROGRESS_MS = 250;

/** NO_COLOR (no-color.org) beats FORCE_COLOR, which beats what the stream is. */
export function hasColours({ isTTY }: Pick<Screen, 'isTTY'>, environment: Environment): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '', TERM: terminal } = environment;
  if (no !== '' || force === '0') return false;
  return force !== '' || (isTTY === true && terminal !== 'dumb');
}

/** @returns how a text is written there */
export function painter(
  screen: Pick<Screen, 'isTTY'>,
  environment: Environment,
): (style: Style, text: string) => string {
  if (!hasColours(screen, environment)) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

export type Progress = {
  /** Overwrites what was shown last. */
  show(text: string): void;
  /** Nothing is left of it. */
  end(): void;
};

/** Says on a terminal how far long work has come; nothing in a file, a pipe, or where the work is short. */
export function createProgress(screen: Screen, monotonicMs: () => number): Progress {
  const { isTTY, columns = 80 } = screen;
  let nextMs = monotonicMs() + PROGRESS_MS;
  let isShown = false;
  return {
    show: (text) => {
      if (isTTY !== true || monotonicMs() < nextMs) return;
      nextMs = monotonicMs() + PROGRESS_MS;
      isShown = true;
      // A line that wraps could not be cleared.
      screen.write(CLEAR_LINE + printable(text).slice(0, columns - 1));
    },
    end: () => {
      if (isShown) screen.write(CLEAR_LINE);
    },
  };
}

/** `mattermost-ingress crd | head` ends as other programs do, and without a stack. */
export function endWithReader(): void {
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(process.exitCode ?? BROKEN_PIPE);
    throw error;
  });
}
