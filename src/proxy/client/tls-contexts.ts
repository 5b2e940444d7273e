// What OpenSSL needs to shake hands: a context for each certificate, made anew when the ticket key of the day changes.
import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { DEFAULT_TLS_POLICY } from '../../decide/compiled.ts';
import type { Certificate, ClientCertificate } from '../../model/configuration.ts';
import { ticketKeys } from './ticket-keys.ts';

/** What clients that name no host, or one that is not served, are shown; undefined refuses their handshake. */
export type DefaultCertificate = { readonly chain: string; readonly privateKey: string };

export type ContextSettings = {
  /** The listener of --legacy-https-port: TLS 1.1 needs OpenSSL's security level 0 for all of it (row S3). */
  readonly isLegacy: boolean;
  /** Shared by all workers and replicas, so that a ticket is good at each of them. */
  readonly ticketSecret: Uint8Array;
  readonly defaultCertificate: DefaultCertificate;
};

/** Forward secrecy and authenticated encryption for all; the cheapest first, which is what OpenSSL is told to take. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** TLS 1.1 knows no better ones. */
const LEGACY_CIPHERS = [
  ...CIPHERS,
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  '@SECLEVEL=0',
];

/**
 * Row S6: a client could make us work for nothing by asking for new handshakes. Our order of ciphers counts, but for
 * clients that put ChaCha20 first because they have no AES of their own.
 */
const SECURE_OPTIONS =
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
  constants.SSL_OP_PRIORITIZE_CHACHA;

const SESSION_ID_BYTES = 32;

type Entry = {
  readonly pair: DefaultCertificate;
  /** Digested: sessions of one are none of another. */
  readonly name: string;
  /** PEM bundle that certificates of clients must come from. */
  readonly authorities: string | undefined;
  /** Made for its first handshake: thousands of certificates at once would stop the worker. */
  context: SecureContext | undefined;
  period: number;
};

export class SecureContexts {
  readonly #settings: ContextSettings;
  readonly #selfSigned: Entry;
  readonly #named = new Map<Certificate, Entry>();
  /** Of hosts that ask for certificates: made at the first handshake, gone with the configuration they are of. */
  readonly #guarded = new WeakMap<ClientCertificate, Entry>();
  #default: Entry;
  #period: number;
  #ticketKeys: Buffer;

  /** @param period of the ticket keys */
  constructor(settings: ContextSettings, period: number) {
    this.#settings = settings;
    this.#period = period;
    this.#ticketKeys = ticketKeys(settings.ticketSecret, period);
    this.#selfSigned = this.#entryOf(settings.defaultCertificate, DEFAULT_TLS_POLICY);
    this.#default = this.#selfSigned;
  }

  /** Takes what is there now. @param chosen takes the place of the default certificate */
  update(certificates: ReadonlyMap<string, Certificate>, chosen: Certificate | undefined): void {
    const wanted = new Set(certificates.values());
    for (const known of this.#named.keys()) if (!wanted.has(known)) this.#named.delete(known);
    for (const certificate of wanted) {
      if (!this.#named.has(certificate))
        this.#named.set(certificate, this.#entryOf(certificate, certificate.key));
    }
    this.#default = (chosen && this.#named.get(chosen)) ?? this.#selfSigned;
  }

  /** From now on tickets are those of that period; each context is made anew when it is asked for next. */
  renew(period: number): void {
    if (period === this.#period) return;
    this.#period = period;
    this.#ticketKeys = ticketKeys(this.#settings.ticketSecret, period);
  }

  /** Whose ticket key counts for all: a ticket is opened before the name is known. */
  get default(): SecureContext {
    return this.#current(this.#default);
  }

  /** The default one for a certificate that is not there. */
  of(certificate: Certificate | undefined, asks?: ClientCertificate): SecureContext {
    const entry = (certificate && this.#named.get(certificate)) ?? this.#default;
    return this.#current(asks === undefined ? entry : this.#guardedEntry(entry, asks));
  }

  /** Its sessions are its own (row S4): they carry what the client has proved. */
  #guardedEntry(plain: Entry, asks: ClientCertificate): Entry {
    const known = this.#guarded.get(asks);
    if (known?.pair === plain.pair) return known;
    const { authorities = '' } = asks;
    const name = `${plain.name} ${createHash('sha256').update(authorities).digest('base64')}`;
    const entry = this.#entryOf(plain.pair, name, authorities);
    this.#guarded.set(asks, entry);
    return entry;
  }

  #current(entry: Entry): SecureContext {
    if (entry.context !== undefined && entry.period === this.#period) return entry.context;
    entry.period = this.#period;
    entry.context = this.#make(entry);
    return entry.context;
  }

  #entryOf(pair: DefaultCertificate, name: string, authorities?: string): Entry {
    return { pair, name, authorities, context: undefined, period: this.#period };
  }

  #make({ pair, name, authorities }: Entry): SecureContext {
    const { isLegacy } = this.#settings;
    return createSecureContext({
      cert: pair.chain,
      key: pair.privateKey,
      ...(authorities === undefined ? {} : { ca: authorities }),
      minVersion: isLegacy ? 'TLSv1.1' : 'TLSv1.2',
      ciphers: (isLegacy ? LEGACY_CIPHERS : CIPHERS).join(':'),
      secureOptions: SECURE_OPTIONS,
      ticketKeys: this.#ticketKeys,
      sessionIdContext: createHash('sha256').update(name).digest('hex').slice(0, SESSION_ID_BYTES),
    });
  }
}
