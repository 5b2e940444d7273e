// Addresses at which the API server itself listens: no endpoint of a site may be one of them, or whoever writes
// EndpointSlices reaches the API server with the addresses of this pod (CVE-2021-25740).
import type { EndpointSlice } from '../api/objects.ts';

/** Where every cluster says how it is reached from inside (Service `default/kubernetes`). */
export const API_SERVER_NAMESPACE = 'default';
export const API_SERVER_SERVICE = 'kubernetes';

export class ApiServerAddresses {
  readonly #fixed: readonly string[];
  #slices: ReadonlyMap<string, EndpointSlice> | undefined;
  #addresses: readonly string[];

  /** @param fixed addresses known from the start: that of the kubeconfig, KUBERNETES_SERVICE_HOST */
  constructor(fixed: readonly string[]) {
    this.#fixed = fixed;
    this.#addresses = fixed;
  }

  /** All addresses, sorted, each once; the same value until one of them changes. */
  of(slices: ReadonlyMap<string, EndpointSlice>): readonly string[] {
    if (slices === this.#slices) return this.#addresses;
    this.#slices = slices;
    const found = new Set(this.#fixed);
    for (const { metadata, serviceName, endpoints } of slices.values()) {
      if (metadata.namespace !== API_SERVER_NAMESPACE || serviceName !== API_SERVER_SERVICE) continue;
      for (const { addresses } of endpoints) for (const address of addresses) found.add(address);
    }
    const addresses = [...found].toSorted();
    const isSame =
      addresses.length === this.#addresses.length &&
      addresses.every((each, at) => each === this.#addresses[at]);
    if (!isSame) this.#addresses = addresses;
    return this.#addresses;
  }
}
