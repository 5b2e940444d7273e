// How vectors that differ in one text are written down.
import { get, refused, type RequestRow } from './rows.ts';

/** What a server that reads another length would take for a request. */
export const HIDDEN = get('Evil: 1');

/** For the name of a case. */
export function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

export function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Each of these texts in a request that is refused. */
export function refusedEach(
  state: string,
  texts: readonly string[],
  toRequest: (text: string) => string,
  status = 400,
): readonly RequestRow[] {
  return texts.map((text) => refused(`${state} ${show(text)}`, toRequest(text), status));
}
