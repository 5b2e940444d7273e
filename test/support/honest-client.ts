// Somebody who just wants a page, while others do their worst: asks on a connection that is kept and on a new one.
import { splitAnswers } from './messages.ts';
import type { WireClient } from './wire-client.ts';

export class HonestClient {
  /** Requests that were answered as they should be. */
  served = 0;
  readonly #open: () => Promise<WireClient>;
  readonly #request: string;
  #kept: WireClient | undefined;

  constructor(open: () => Promise<WireClient>, request: string) {
    this.#open = open;
    this.#request = request;
  }

  /** Asks twice; throws what was wrong with an answer. */
  async ask(): Promise<void> {
    if (this.#kept === undefined || this.#kept.ending !== undefined) this.#kept = await this.#open();
    await this.#exchange(this.#kept);
    const fresh = await this.#open();
    await this.#exchange(fresh);
    fresh.destroy();
  }

  end(): void {
    this.#kept?.destroy();
  }

  async #exchange(client: WireClient): Promise<void> {
    const before = splitAnswers(client.bytes).statuses.length;
    client.send(this.#request);
    await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length > before);
    const status = splitAnswers(client.bytes).statuses.at(-1);
    if (status !== 200) throw new Error(`The honest client got ${status}`);
    this.served++;
  }
}
