// A second opinion on HTTP/1 messages: the grammar of RFC 9112 as plain expressions over the whole text, with what the
// security rows add to it. Shares no code with the product, and knows nothing of cuts, limits or speed.
import { isIPv6 } from 'node:net';

export type ReferenceFraming = number | 'chunked' | 'close';

export type ReferenceRequest = {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly framing: ReferenceFraming;
  readonly isWebSocket: boolean;
  readonly nominated: readonly string[];
};

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const FIELDS = `((?:${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n)*)`;
const REQUEST = new RegExp(`^(?:\\r\\n)?(${TOKEN}) ([!-"$-~]+) HTTP/1\\.([01])\\r\\n${FIELDS}\\r\\n$`);
const RESPONSE = new RegExp(
  `^HTTP/1\\.([01]) ([1-5]\\d\\d)(?: [\\t\\x20-\\x7e\\x80-\\xff]*)?\\r\\n${FIELDS}\\r\\n$`,
);
const HANDSHAKE = 'sec-websocket-key sec-websocket-version sec-websocket-protocol sec-websocket-extensions';
const FRAMING = 'host content-length content-type transfer-encoding authorization cookie origin expect';
const PROXYS =
  'forwarded x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-server';
const ONCE = `${FRAMING} upgrade ${HANDSHAKE}`.split(' ');
const KEPT = [
  ...`${FRAMING} ${HANDSHAKE} ${PROXYS} x-forwarded-prefix x-real-ip x-request-id`.split(' '),
  ...'x-csrf-token x-requested-with x-mattermost-preauth-secret'.split(' '),
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const DISGUISED = [...KEPT, 'connection', 'upgrade', 'te', 'trailer'];

type Field = readonly [name: string, value: string];

class Fields {
  readonly list: readonly Field[];

  constructor(text: string) {
    this.list = text
      .split('\r\n')
      .slice(0, -1)
      .map((line) => [line.slice(0, line.indexOf(':')), trim(line.slice(line.indexOf(':') + 1))]);
  }

  all(name: string): readonly string[] {
    return this.list.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  }

  /** Undefined where there is none. */
  one(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Members of Connection; undefined where it is no list of tokens. */
  nominated(): readonly string[] | undefined {
    const members = this.all('connection').flatMap((value) => value.split(',').map(trim));
    const named = members.filter((member) => member !== '');
    return named.every((member) => isToken(member)) ? named.map((each) => each.toLowerCase()) : undefined;
  }

  get flat(): readonly string[] {
    return this.list.flat();
  }
}

function trim(text: string): string {
  return text.replace(/^[\t ]+/, '').replace(/[\t ]+$/, '');
}

function isToken(text: string): boolean {
  return new RegExp(`^${TOKEN}$`).test(text);
}

/** The head of a request, its empty line included; undefined where any part of it is in doubt, or not served. */
export function referenceRequest(text: string): ReferenceRequest | undefined {
  const [, method = '', received = '', minor, lines = ''] = REQUEST.exec(text) ?? [];
  const isModern = minor === '1';
  const fields = new Fields(lines);
  const nominated = fields.nominated();
  if (!METHODS.includes(method) || !areDecent(fields, isModern) || nominated === undefined) return undefined;
  const target = targetOf(method, received, fields.one('host'));
  const framing = requestFraming(fields, method, isModern);
  const isWebSocket = upgradeOf(fields, nominated, { method, framing, isModern });
  if (target === undefined || framing === undefined || isWebSocket === undefined) return undefined;
  return { method, target, fields: fields.flat, framing, isWebSocket, nominated };
}

/** Nothing twice that may stand once, nothing that looks like what is protected, nothing nominated that is, no odd wish. */
function areDecent(fields: Fields, isModern: boolean): boolean {
  const names = fields.list.map(([name]) => name.toLowerCase());
  const isDisguised = (name: string) => /[_.]/.test(name) && DISGUISED.includes(name.replace(/[_.]/g, '-'));
  const isOnce = ONCE.every((name) => fields.all(name).length < 2);
  const isFree = fields.nominated()?.some((name) => KEPT.includes(name)) !== true;
  const isExpected = !isModern || /^100-continue$/i.test(fields.one('expect') ?? '100-continue');
  return isOnce && isFree && isExpected && !names.some(isDisguised);
}

/** Origin form of a target, when it and Host are of the same host. */
function targetOf(method: string, received: string, host: string | undefined): string | undefined {
  const own = host === undefined ? undefined : hostOf(host);
  if (own === undefined) return undefined;
  if (received === '*') return method === 'OPTIONS' ? '*' : undefined;
  if (received.startsWith('/')) return received;
  const [, authority, rest = ''] = /^https?:\/\/([^/?]*)(.*)$/i.exec(received) ?? [];
  if (authority === undefined || hostOf(authority) !== own) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Name in lower case and port; undefined for what is no host. */
function hostOf(text: string): string | undefined {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  const plain = name.replace(/\.$/, '').toLowerCase();
  const isName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(plain);
  const isAddress = /^\[[^%]*\]$/.test(name) && isIPv6(name.slice(1, -1));
  return (isName && plain.length <= 253) || isAddress ? `${plain}:${Number(port ?? 0)}` : undefined;
}

function requestFraming(fields: Fields, method: string, isModern: boolean): ReferenceFraming | undefined {
  const length = fields.one('content-length');
  const coding = fields.one('transfer-encoding');
  if (coding !== undefined)
    return isModern && length === undefined && /^chunked$/i.test(coding) ? 'chunked' : undefined;
  if (length === undefined) return 0;
  const bytes = lengthOf(length);
  return isModern || bytes === 0 || method === 'POST' || method === 'PUT' ? bytes : undefined;
}

function lengthOf(text: string): number | undefined {
  return /^0*[0-9]{1,16}$/.test(text) && BigInt(text) <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(text)
    : undefined;
}

type Asking = {
  readonly method: string;
  readonly framing: ReferenceFraming | undefined;
  readonly isModern: boolean;
};

/** A whole handshake, or none; undefined for half of one. */
function upgradeOf(fields: Fields, nominated: readonly string[], asking: Asking): boolean | undefined {
  const upgrade = fields.one('upgrade');
  if (upgrade === undefined) return false;
  const words = upgrade.split(',').map(trim);
  if (!words.every((word) => word === '' || new RegExp(`^${TOKEN}(/${TOKEN})?$`).test(word)))
    return undefined;
  if (!asking.isModern || !nominated.includes('upgrade') || !words.some((word) => /^websocket/i.test(word)))
    return false;
  const isSound = [
    /^websocket$/i.test(upgrade),
    asking.method === 'GET' && asking.framing === 0,
    fields.one('sec-websocket-version') === '13',
    /^[A-Za-z0-9+/]{22}==$/.test(fields.one('sec-websocket-key') ?? ''),
    (fields.one('sec-websocket-protocol') ?? '')
      .split(',')
      .map(trim)
      .every((word) => word === '' || isToken(word)),
  ];
  return isSound.every((each) => each) ? true : undefined;
}

export type ReferenceResponse = {
  readonly status: number;
  readonly fields: readonly string[];
  readonly framing: ReferenceFraming;
};

/** The head of a response to a request of that method. */
export function referenceResponse(text: string, method: string): ReferenceResponse | undefined {
  const [, minor, digits, lines = ''] = RESPONSE.exec(text) ?? [];
  const fields = new Fields(lines);
  const framing = responseFraming(fields, minor === '1');
  if (digits === undefined || framing === undefined || fields.nominated() === undefined) return undefined;
  const hasBody = method !== 'HEAD' && !/^(1..|204|304)$/.test(digits);
  return { status: Number(digits), fields: fields.flat, framing: hasBody ? framing : 0 };
}

function responseFraming(fields: Fields, isModern: boolean): ReferenceFraming | undefined {
  const [length, ...lengths] = fields.all('content-length');
  const [coding, ...codings] = fields.all('transfer-encoding');
  if (lengths.length > 0 || codings.length > 0) return undefined;
  if (coding === undefined) return length === undefined ? 'close' : lengthOf(length);
  return length === undefined && isModern && /^chunked$/i.test(coding) ? 'chunked' : undefined;
}

const EXTENSION = `;${TOKEN}(?:=(?:${TOKEN}|"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"))?`;
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,16})((?:${EXTENSION})*)\\r\\n`);
const TRAILERS = new RegExp(`^${FIELDS}\\r\\n`);

/** The content of a chunked body and what stands behind it; undefined where it is not whole, or wrong. */
export function referenceChunks(
  text: string,
): { readonly content: string; readonly rest: string } | undefined {
  let content = '';
  let rest = text;
  for (let size = sizeOf(rest); size !== undefined; size = sizeOf(rest)) {
    rest = rest.slice(rest.indexOf('\r\n') + 2);
    if (size === 0) {
      const [trailers] = TRAILERS.exec(rest) ?? [];
      return trailers === undefined ? undefined : { content, rest: rest.slice(trailers.length) };
    }
    if (rest.slice(size, size + 2) !== '\r\n') return undefined;
    content += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
  return undefined;
}

function sizeOf(text: string): number | undefined {
  const [, digits, extensions = ''] = SIZE_LINE.exec(text) ?? [];
  const size = Number.parseInt(digits ?? '', 16);
  return size < 2 ** 52 && extensions.length <= 256 ? size : undefined;
}
