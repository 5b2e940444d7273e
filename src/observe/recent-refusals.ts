// The requests refused or failed last, for the admin port. They are found in the lines of the access log that come by
// anyway: whoever is refused costs the request path nothing more, and nothing is shown that the log would not say.
import { maskAddress } from './masked-address.ts';

export type Refusal = {
  /** When it was answered. */
  readonly at: string;
  /** Network of the client, not the client. */
  readonly client: string;
  readonly method: string;
  /** As the client sent it. */
  readonly host: string;
  /** Without query, and with secret segments masked. */
  readonly path: string;
  /** Kind, namespace and name of the object it was governed by; empty where no site was found. */
  readonly site: string;
  readonly status: number;
  readonly reason: string;
  /** Rule of the admission that said so; empty elsewhere. */
  readonly rule: string;
};

const KEPT = 100;
/** A flood fills a batch with refusals: its last ones are enough. */
const LOOKS_A_BATCH = 20;
/** No client can write this: quotes in what it sent are escaped. */
const MARK = Buffer.from(',"reason":"');
const MAX_TEXT = 200;
const LINE_FEED = 0x0a;

export class RecentRefusals {
  /** Oldest first. */
  #refusals: readonly Refusal[] = [];

  /** @param lines whole lines of a worker's log */
  take(lines: Uint8Array): void {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    const found: Refusal[] = [];
    let at = bytes.lastIndexOf(MARK);
    for (let looks = 0; at !== -1 && looks < LOOKS_A_BATCH; looks += 1) {
      const start = bytes.lastIndexOf(LINE_FEED, at) + 1;
      const end = bytes.indexOf(LINE_FEED, at);
      const refusal = refusalOf(bytes.toString('utf8', start, end === -1 ? bytes.length : end));
      if (refusal !== undefined) found.unshift(refusal);
      at = start === 0 ? -1 : bytes.lastIndexOf(MARK, start - 1);
    }
    if (found.length > 0) this.#refusals = [...this.#refusals, ...found].slice(-KEPT);
  }

  /** Newest first. */
  get list(): readonly Refusal[] {
    return this.#refusals.toReversed();
  }
}

function refusalOf(line: string): Refusal | undefined {
  const { msg, time, status, reason, client, method, host, path, site, rule } = fieldsOf(line);
  if (msg !== 'request' || typeof time !== 'number' || typeof status !== 'number' || status < 400)
    return undefined;
  return {
    at: new Date(time).toISOString(),
    client: maskAddress(text(client)),
    method: text(method),
    host: text(host),
    path: text(path),
    site: text(site),
    status,
    reason: text(reason),
    rule: reason === 'admission' ? text(rule) : '',
  };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}...` : value;
}
