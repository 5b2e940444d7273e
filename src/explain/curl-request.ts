// The request that a curl command amounts to, gathered option by option.
import type { CurlEffect } from './curl-options.ts';
import type { Field, RequestDraft } from './draft.ts';

const JSON_FIELDS: readonly Field[] = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json'],
];

export class CurlRequest {
  method: string | undefined;
  url: string | undefined;
  readonly fields: Field[] = [];
  readonly cookies: string[] = [];
  /** Names that curl is told to leave out. */
  readonly #left = new Set<string>();
  readonly #data: string[] = [];
  #more: Partial<RequestDraft> = {};
  #isGet = false;
  #isHead = false;
  #hasData = false;
  /** A form, or a file that is not here. */
  #isSizeUnknown = false;

  /** What was understood, in words. */
  get understood(): readonly string[] {
    return [
      ...(this.method === undefined ? [] : [`method ${this.method}`]),
      ...(this.url === undefined ? [] : ['a URL']),
      ...this.fields.map(([name]) => `header ${name}`),
      ...(this.cookies.length === 0 ? [] : ['cookies']),
    ];
  }

  leaveOut(name: string): void {
    this.#left.add(name.toLowerCase());
  }

  apply(effect: CurlEffect, value: string): void {
    switch (effect.kind) {
      case 'field':
        this.fields.push([effect.name, effect.name === 'Authorization' ? `Bearer ${value}` : value]);
        return;
      case 'user':
        this.fields.push(['Authorization', `Basic ${Buffer.from(value, 'utf8').toString('base64')}`]);
        return;
      case 'compressed':
        this.fields.push(['Accept-Encoding', 'deflate, gzip']);
        return;
      case 'certificate':
        this.#more = { ...this.#more, hasCertificate: true };
        return;
      case 'version':
        this.#more = { ...this.#more, version: effect.version };
        return;
      case 'tls':
        this.#more = { ...this.#more, tlsVersion: effect.version };
        return;
      default:
        this.#applyBody(effect, value);
    }
  }

  #applyBody(effect: CurlEffect, value: string): void {
    switch (effect.kind) {
      case 'data':
        this.#hasData = true;
        this.#data.push(value);
        if (effect.form === 'text' && value.startsWith('@')) this.#isSizeUnknown = true;
        if (effect.form === 'json') this.fields.push(...JSON_FIELDS);
        return;
      case 'form':
        this.#hasData = true;
        this.#isSizeUnknown = true;
        return;
      case 'head':
        this.#isHead = true;
        return;
      case 'get':
        this.#isGet = true;
        return;
      default:
    }
  }

  draft(url: string): RequestDraft {
    const data = this.#data.join('&');
    const hasBody = this.#hasData && !this.#isGet;
    const usual = this.#isHead ? 'HEAD' : hasBody ? 'POST' : 'GET';
    const query = this.#hasData && this.#isGet ? `${url.includes('?') ? '&' : '?'}${data}` : '';
    return {
      ...this.#more,
      method: this.method ?? usual,
      url: url + query,
      fields: this.#allFields(hasBody),
      ...(hasBody && !this.#isSizeUnknown ? { bodyBytes: Buffer.byteLength(data) } : {}),
      notes: this.#isSizeUnknown ? ['The size of the body is not known: --body-bytes N says it'] : [],
    };
  }

  /** With what curl adds of itself. */
  #allFields(hasBody: boolean): readonly Field[] {
    const given = [...this.fields];
    if (this.cookies.length > 0) given.push(['Cookie', this.cookies.join('; ')]);
    const type: readonly Field[] = hasBody ? [['Content-Type', 'application/x-www-form-urlencoded']] : [];
    const defaults: readonly Field[] = [['User-Agent', 'curl'], ['Accept', '*/*'], ...type];
    const known = new Set([...given.map(([name]) => name.toLowerCase()), ...this.#left]);
    return [...given, ...defaults.filter(([name]) => !known.has(name.toLowerCase()))];
  }
}
