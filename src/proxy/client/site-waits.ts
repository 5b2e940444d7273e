// How clients are waited for in requests to a site: what its policy says over what the options say, joined once.
import type { ClientTimeouts } from '../../model/configuration.ts';
import type { ClientLimits, ClientWaits } from '../../model/limits.ts';

export class SiteWaits {
  readonly #limits: ClientLimits;
  readonly #joined = new WeakMap<ClientTimeouts, ClientWaits>();

  constructor(limits: ClientLimits) {
    this.#limits = limits;
  }

  of(timeouts: ClientTimeouts | undefined): ClientWaits {
    if (timeouts === undefined) return this.#limits;
    return this.#joined.get(timeouts) ?? this.#join(timeouts);
  }

  #join(timeouts: ClientTimeouts): ClientWaits {
    const { requestHeadTimeoutMs, requestBodyIdleTimeoutMs, keepAliveTimeoutMs } = this.#limits;
    const waits = {
      requestHeadTimeoutMs: timeouts.requestHeadMs ?? requestHeadTimeoutMs,
      requestBodyIdleTimeoutMs: timeouts.requestBodyIdleMs ?? requestBodyIdleTimeoutMs,
      keepAliveTimeoutMs: timeouts.keepAliveMs ?? keepAliveTimeoutMs,
    };
    this.#joined.set(timeouts, waits);
    return waits;
  }
}
