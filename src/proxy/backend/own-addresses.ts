// The addresses of this machine, as far as connections can come from them: for the workers that use those in
// backend.sourceAddresses, and for the finding that tells when there is none.
import { networkInterfaces } from 'node:os';

export class OwnAddresses {
  #last: readonly string[] = [];

  /** In a fixed order, and the same list while they are the same. Link-local ones mean nothing without a zone. */
  now(): readonly string[] {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const usable = all.filter((each) => each.family === 'IPv4' || each.scopeid === 0);
    const found = [...new Set(usable.map(({ address }) => address))].toSorted();
    const isSame = found.length === this.#last.length && found.every((each, at) => each === this.#last[at]);
    if (!isSame) this.#last = found;
    return this.#last;
  }
}
