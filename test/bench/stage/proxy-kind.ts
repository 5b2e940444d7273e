// What a proxy is to a benchmark, and where it is to stand.
import type { Transport } from '../load/messages.ts';

/** How a proxy is set up, the same for all that are compared. */
export type Setup = {
  /** Ours serves a site either over plain HTTP or over TLS; the others always do both. */
  readonly transport: Transport;
  /** Worker threads or processes. */
  readonly workers: number;
  /** Requests a second that one source may send, and as many at once; no limit where it is absent. */
  readonly limitPerSecond?: number;
};

/** Where a proxy listens, where its backend is, and a folder of its own with its certificate. */
export type Place = {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly backendPort: number;
  readonly folder: string;
  readonly files: CertificateFiles;
};

export type CertificateFiles = {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file. */
  readonly both: string;
};

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

export type CommandOptions = Place & Setup & { readonly hasAccessLog: boolean };

export type ProxyKind = {
  readonly name: string;
  /** Its name as a key of results. */
  readonly key: string;
  readonly isOurs: boolean;
  /** What it prints goes to `access.log` in its folder; who logs elsewhere is told to log there. */
  readonly hasAccessLog: boolean;
  /** How to start it there; undefined when it is not installed. */
  readonly command: (options: CommandOptions) => Command | undefined;
};

/** The same one with its access log on. */
export function withAccessLog(kind: ProxyKind, name = kind.name, key = kind.key): ProxyKind {
  return { ...kind, name, key, hasAccessLog: true };
}
