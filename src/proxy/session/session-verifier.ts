// Whether a client is signed in, by asking Mattermost: one question for all who wait for the same answer, few at a time,
// and the answers kept for a while. A question that gets no answer is an answer too: its rule says what that means.
import type { VerifySession } from '../../model/configuration.ts';
import type { SessionAnswer } from '../../model/decision.ts';
import { valuesOfField } from '../../model/request.ts';
import { withoutCookie } from '../../decide/cookies.ts';
import type { ExchangeServices } from '../services.ts';
import type { Asker, SessionAsk, Sessions } from './session-asking.ts';
import { SessionCache } from './session-cache.ts';
import { SessionQuestion } from './session-question.ts';

/** Questions under way, and those that wait for one of them to end; what is beyond gets no answer. */
const MAX_ASKING = 32;
const MAX_WAITING = 1_000;
const QUEUE_TIMEOUT_MS = 5_000;
/** Somebody who has just signed in under a token that was refused before is not kept out for long. */
const MAX_REFUSED_MS = 10_000;

type Listener = (answer: SessionAnswer) => void;
type Question = {
  readonly key: string;
  readonly asker: Asker;
  readonly ttlMs: number;
  readonly askedMs: number;
  readonly listeners: Listener[];
};

export class SessionVerifier implements Sessions {
  readonly #services: () => ExchangeServices;
  readonly #cache: SessionCache;
  readonly #open = new Map<string, Question>();
  readonly #waiting: Question[] = [];
  #asking = 0;
  #listening = 0;

  /**
   * @param key of this process, for the hash of credentials
   * @param services what questions are asked with
   */
  constructor(key: Uint8Array, services: () => ExchangeServices) {
    this.#cache = new SessionCache(key);
    this.#services = services;
  }

  ask({ asker, rule }: SessionAsk, onAnswer: Listener): SessionAnswer | undefined {
    const key = this.#keyOf(asker, rule);
    const isValid = this.#cache.get(key, this.#nowMs);
    if (isValid !== undefined) {
      this.#count(asker, 'cached');
      return isValid ? 'valid' : 'invalid';
    }
    if (this.#listening >= MAX_WAITING) {
      this.#count(asker, 'failed');
      return 'unknown';
    }
    this.#listening++;
    const open = this.#open.get(key);
    if (open !== undefined) {
      open.listeners.push(onAnswer);
      return undefined;
    }
    const askedMs = this.#services().timers.nowMs;
    const question: Question = { key, asker, ttlMs: rule.cacheTtlMs, askedMs, listeners: [onAnswer] };
    this.#open.set(key, question);
    if (this.#asking < MAX_ASKING) this.#begin(question);
    else this.#waiting.push(question);
    return undefined;
  }

  get #nowMs(): number {
    return this.#services().clock.monotonicMs();
  }

  #begin(question: Question): void {
    this.#asking++;
    new SessionQuestion(this.#services(), question.asker, (status) => {
      this.#asking--;
      this.#end(question, answerOf(status));
      this.#beginNext();
    }).start();
  }

  /** Whoever has waited for too long hears that nobody knows: Mattermost does not answer others either. */
  #beginNext(): void {
    const sinceMs = this.#services().timers.nowMs - QUEUE_TIMEOUT_MS;
    let next = this.#waiting.shift();
    while (next !== undefined && next.askedMs < sinceMs) {
      this.#end(next, 'unknown');
      next = this.#waiting.shift();
    }
    if (next !== undefined) this.#begin(next);
  }

  #end(question: Question, answer: SessionAnswer): void {
    const { key, ttlMs, listeners, asker } = question;
    this.#open.delete(key);
    this.#listening -= listeners.length;
    this.#count(asker, answer === 'unknown' ? 'failed' : answer);
    const nowMs = this.#nowMs;
    if (answer === 'valid') this.#cache.set(key, true, nowMs + ttlMs);
    if (answer === 'invalid') this.#cache.set(key, false, nowMs + Math.min(ttlMs, MAX_REFUSED_MS));
    for (const listener of listeners) listener(answer);
  }

  #count({ context }: Asker, result: SessionResult): void {
    if (context.site !== undefined) this.#services().recorder.sessionChecked(context.site, result);
  }

  /** By all that Mattermost might go by; our own cookie, which changes with the node, says nothing. */
  #keyOf({ head, target }: Asker, { cacheTtlMs }: VerifySession): string {
    const { site, open } = target.site;
    const name = open?.persistence.cookieName ?? '';
    const cookies = valuesOfField(head, 'cookie').map((line) => withoutCookie(line, name) ?? '');
    const place = `${site.key} ${String(cacheTtlMs)} ${head.hostname}`;
    return this.#cache.keyOf(place, [...cookies, 'Authorization', ...valuesOfField(head, 'authorization')]);
  }
}

type SessionResult = 'valid' | 'invalid' | 'failed' | 'cached';

/** 401 and 403 are Mattermost's word; anything else says nothing of the session. */
function answerOf(status: number): SessionAnswer {
  if (status === 200) return 'valid';
  return status === 401 || status === 403 ? 'invalid' : 'unknown';
}
