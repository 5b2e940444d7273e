// A request that waits until it is known whether its client is signed in; then it is decided again, with the answer.
import { answerFor } from '../../decide/response.ts';
import type { SessionAnswer } from '../../model/decision.ts';
import { type ClientFault, clientFault } from '../../model/fault.ts';
import type { ClientListener } from '../client/client-stream.ts';
import { type ExchangeParts, giveAnswer } from '../local-answer.ts';

export class VerifiedRequest implements ClientListener {
  readonly #parts: ExchangeParts;
  /** Who hears what follows, once it is decided; undefined when the request is answered then. */
  readonly #resume: (answer: SessionAnswer) => ClientListener | undefined;
  #listener: ClientListener | undefined;
  #isOver = false;
  #hasEnded = false;

  constructor(parts: ExchangeParts, resume: (answer: SessionAnswer) => ClientListener | undefined) {
    this.#parts = parts;
    this.#resume = resume;
  }

  /** Answered already, or of no more use. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The question was asked already. */
  start(): void {}

  /** A mistake of ours costs this request its connection: whoever brings the answer has others to tell of it. */
  onAnswer(answer: SessionAnswer): void {
    if (this.#isOver) return;
    try {
      this.#goOn(answer);
    } catch (error) {
      const { services, stream } = this.#parts;
      services.onBug(error);
      stream.reset();
      this.#listener?.onClientGone();
    }
  }

  #goOn(answer: SessionAnswer): void {
    this.#listener = this.#resume(answer);
    if (this.#listener === undefined) {
      this.#isOver = true;
      return;
    }
    this.#listener.start();
    if (this.#hasEnded) this.#listener.onRequestEnd();
  }

  onRequestBody(chunk: Buffer, start: number, end: number): void {
    this.#listener?.onRequestBody(chunk, start, end);
  }

  onRequestEnd(): void {
    if (this.#listener === undefined) this.#hasEnded = true;
    else this.#listener.onRequestEnd();
  }

  onClientReadEnd(): void {
    this.#listener?.onClientReadEnd();
  }

  onClientDrain(): void {
    this.#listener?.onClientDrain();
  }

  onRequestFault(code: ClientFault): void {
    if (this.#listener !== undefined) {
      this.#listener.onRequestFault(code);
      return;
    }
    this.#isOver = true;
    const { head, report } = this.#parts;
    const { requestId, context } = report;
    report.fault(clientFault(code));
    const sitePath = context?.sitePath ?? '/';
    giveAnswer(this.#parts, answerFor(code, { path: head.path, sitePath, admission: undefined, requestId }));
  }

  onClientGone(): void {
    if (this.#listener !== undefined) {
      this.#listener.onClientGone();
      return;
    }
    if (this.#isOver) return;
    this.#isOver = true;
    const { report, stream } = this.#parts;
    report.fault(clientFault('client-closed'));
    report.finish(stream.requestBytes, stream.response.bytes);
  }
}
