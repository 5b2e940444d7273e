// Asks Mattermost whether a client is signed in: an exchange like any other, on behalf of a request that waits.
// Its client is this file: it takes the status of the answer and lets the rest pass.
import type { Socket } from 'node:net';
import type { ClientWaits } from '../../model/limits.ts';
import type { Client, RequestHead } from '../../model/request.ts';
import type { ClientStream, ResponseWriter, TunneledClient } from '../client/client-stream.ts';
import { Exchange } from '../exchange.ts';
import { ExchangeReport } from '../report.ts';
import type { ExchangeServices } from '../services.ts';
import type { Asker } from './session-asking.ts';
import { Timer } from '../timers.ts';

/** What says who asks, and what keeps loops and logs in order; all else is the waiting request's own affair. */
const KEPT: ReadonlySet<string> = new Set(['host', 'cookie', 'authorization', 'user-agent', 'via']);

const TIMEOUT_MS = 5_000;

export class SessionQuestion implements ClientStream {
  readonly client: Client;
  readonly requestBytes = 0;
  readonly isRequestComplete = true;
  readonly mustClose = false;
  readonly response: ResponseWriter;
  waits: ClientWaits;
  readonly #exchange: Exchange;
  readonly #timer: Timer;
  readonly #onStatus: (status: number) => void;
  #status = 0;
  #isOver = false;

  /** @param onStatus called once; 0 where there was no answer */
  constructor(services: ExchangeServices, asker: Asker, onStatus: (status: number) => void) {
    const { client, context, target, requestId } = asker;
    this.client = client;
    this.waits = services.limits;
    this.#onStatus = onStatus;
    this.response = new StatusReader((status) => (this.#status = status));
    const head = questionOf(asker);
    const report = new ExchangeReport(services, client, { head, sentBytes: 0, requestId, isOurs: true });
    // Without site: it is no request of the site's clients.
    report.context = { ...context, site: undefined };
    this.#exchange = new Exchange({ services, stream: this, head, report }, target);
    this.#timer = new Timer(() => this.#giveUp());
    services.timers.arm(this.#timer, TIMEOUT_MS);
  }

  start(): void {
    this.#exchange.start();
  }

  #giveUp(): void {
    this.#exchange.onClientGone();
    this.#end(0);
  }

  #end(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#onStatus(status);
  }

  finish(): void {
    this.#end(this.#status);
  }

  reset(): void {
    this.#end(0);
  }

  wantBody(): void {}

  holdBody(): void {}

  switchProtocols(): Socket {
    throw new Error('A question about a session was answered with 101');
  }

  enterTunnel(): TunneledClient {
    throw new Error('A question about a session became a tunnel');
  }
}

class StatusReader implements ResponseWriter {
  readonly isFull = false;
  readonly bytes = 0;
  readonly #onHead: (status: number) => void;

  constructor(onHead: (status: number) => void) {
    this.#onHead = onHead;
  }

  head(status: number): void {
    this.#onHead(status);
  }

  interim(): void {}

  body(): void {}

  end(): void {}

  flush(): void {}
}

function questionOf({ head, target }: Asker): RequestHead {
  const { path } = target.site.site;
  const place = `${path === '/' ? '' : path}/api/v4/users/me`;
  const names: string[] = [];
  const fields: string[] = [];
  head.names.forEach((name, at) => {
    if (!KEPT.has(name)) return;
    names.push(name);
    fields.push(head.fields[2 * at] ?? '', head.fields[2 * at + 1] ?? '');
  });
  return {
    ...head,
    method: 'GET',
    target: place,
    path: place,
    version: '1.1',
    fields,
    names,
    framing: { kind: 'none' },
    upgrade: { kind: 'none' },
    expectContinue: false,
    close: false,
  };
}
