// How the fake API server sends the events of a watch: as they are, or as a fault wants them.
import type { ServerResponse } from 'node:http';

/** Of the faults of a watch, these are its business; it sends as usual where it has another. */
type EventFault = { readonly kind: string; readonly name?: string };

export class EventWriter {
  readonly #response: ServerResponse;
  readonly #fault: EventFault | undefined;
  #held: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(response: ServerResponse, fault: EventFault | undefined) {
    this.#response = response;
    this.#fault = fault;
  }

  write(line: string, object: Readonly<Record<string, unknown>>): void {
    const fault = this.#fault;
    if (fault?.kind === 'drop' && JSON.stringify(object).includes(`"name":"${fault.name}"`)) return;
    if (fault?.kind === 'trickle') this.#trickle(Buffer.from(line));
    else if (fault?.kind === 'duplicate') this.#response.write(line + line);
    else if (fault?.kind !== 'reorder') this.#response.write(line);
    else if (this.#held === undefined) this.#held = line;
    else {
      this.#response.write(line + this.#held);
      this.#held = undefined;
    }
  }

  /** One TLS record a byte, so that characters are cut. */
  #trickle(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 1) {
      this.#queue = this.#queue.then(
        () => new Promise((resolve) => this.#response.write(bytes.subarray(at, at + 1), resolve)),
      );
    }
  }
}
