// A request as far as its source tells of it: a curl command, a HAR entry, or options of the command line.
import type { TlsVersion } from '../model/configuration.ts';
import type { RequestHead } from '../model/request.ts';
import { printable } from './wording.ts';

export type Field = readonly [name: string, value: string];

export type RequestDraft = {
  readonly method?: string;
  readonly url?: string;
  readonly fields: readonly Field[];
  readonly bodyBytes?: number;
  readonly version?: RequestHead['version'];
  readonly tlsVersion?: TlsVersion;
  readonly hasCertificate?: boolean;
  /** What the source does not tell, or what of it was left out. */
  readonly notes: readonly string[];
};

/** Why a source cannot be read: where, what is wrong, and what was understood before; never a value of it. */
export class DraftProblem extends Error {
  override readonly name = 'DraftProblem';

  /** @param understood parts of the request, in words */
  constructor(text: string, at: number, problem: string, understood: readonly string[] = []) {
    const before = text.slice(0, at).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    const known = understood.length === 0 ? 'nothing' : printable(understood.join(', '));
    super(`line ${before.length}, column ${column}: ${problem}; understood so far: ${known}`);
  }
}
