// Reads one answer after another off a connection and checks each: status 200, and a body exactly as long as expected.
import { cookieOf } from './request-text.ts';

const END_OF_HEAD = '\r\n\r\n';
const MAX_HEAD_BYTES = 8192;

export type ReadOutcome = 'more' | 'answered' | { readonly problem: string };

export class AnswerReader {
  /** Of the last head. */
  endsConnection = false;
  cookie: string | undefined;
  readonly #answerBytes: number;
  #head = '';
  /** Bytes since the head began. */
  #headBytes = 0;
  /** Bytes of the body that are still to come; 0 while a head is awaited. */
  #missing = 0;
  /** Most heads of a connection are equal to the letter: each is judged once. */
  #judgedHead = '';

  constructor(answerBytes: number) {
    this.#answerBytes = answerBytes;
  }

  read(buffer: Buffer, length: number): ReadOutcome {
    if (this.#missing > 0) {
      this.#missing -= length;
      return this.#rest();
    }
    this.#head += buffer.toString('latin1', 0, Math.min(length, MAX_HEAD_BYTES));
    this.#headBytes += length;
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end === -1) return this.#head.length < MAX_HEAD_BYTES ? 'more' : { problem: 'A head without an end' };
    const head = this.#head.slice(0, end + 2);
    this.#missing = end + END_OF_HEAD.length + this.#answerBytes - this.#headBytes;
    this.#head = '';
    this.#headBytes = 0;
    const problem = head === this.#judgedHead ? undefined : this.#judge(head);
    return problem === undefined ? this.#rest() : { problem };
  }

  #rest(): ReadOutcome {
    if (this.#missing < 0) return { problem: 'More bytes than the answer has' };
    return this.#missing > 0 ? 'more' : 'answered';
  }

  #judge(head: string): string | undefined {
    const contentLength = Number(/^content-length: *([0-9]+)\r/im.exec(head)?.[1]);
    if (!head.startsWith('HTTP/1.1 200') || contentLength !== this.#answerBytes)
      return `answered ${head.slice(0, 200).replaceAll('\r\n', ' | ')}`;
    this.#judgedHead = head;
    this.endsConnection = /^connection: *close\r/im.test(head);
    this.cookie = cookieOf(head);
    return undefined;
  }
}
