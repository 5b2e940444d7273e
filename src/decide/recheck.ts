// Whether a WebSocket that was admitted once would be admitted by the rules of now, as far as what is kept of its
// handshake can show. Nobody keeps headers and cookies for days: what they proved counts while their rule asks the same.
import type { IpAddress } from '../model/address.ts';
import type { Admission, AdmissionRule, HeaderCondition } from '../model/configuration.ts';
import { isInRanges } from '../model/ranges.ts';
import { isWebSocketPath, meetsPath } from './path.ts';

/** What is kept of a handshake. */
export type Admitted = {
  /** Name of the rule, or `default`. */
  readonly rule: string;
  /** Data key of the Secret that opened the door, where a secret did. */
  readonly secretKey: string | undefined;
  readonly address: IpAddress;
  readonly path: string;
};

/** One step from the rules a WebSocket was admitted by to those of now; made once a change, asked for each WebSocket. */
export class AdmissionChange {
  readonly #before: ReadonlyMap<string, AdmissionRule>;
  readonly #after: Admission;
  readonly #sitePath: string;
  /** Rules that ask for the same headers, cookies and tokens as before. */
  readonly #steady: ReadonlySet<string>;

  constructor(before: Admission, after: Admission, sitePath: string) {
    this.#before = byName(before.rules);
    this.#after = after;
    this.#sitePath = sitePath;
    this.#steady = new Set(after.rules.filter((rule) => this.#isSteady(rule)).map(({ name }) => name));
  }

  #isSteady(rule: AdmissionRule): boolean {
    const before = this.#before.get(rule.name);
    return before !== undefined && demandsOf(before) === demandsOf(rule);
  }

  /** The value that opened the door is no longer accepted by its rule, under whichever data key. */
  hasLostSecret({ rule, secretKey }: Admitted): boolean {
    if (secretKey === undefined) return false;
    const shown = secretsOf(this.#before.get(rule)).filter(({ key }) => key === secretKey);
    const accepted = secretsOf(this.#after.rules.find(({ name }) => name === rule));
    return shown.length > 0 && !shown.some(({ digest }) => accepted.some((each) => each.digest === digest));
  }

  /** First match wins, as at the handshake. */
  admits(admitted: Admitted): boolean {
    if (this.#after.mode === 'Observe') return true;
    for (const rule of this.#after.rules) if (this.#meets(rule, admitted)) return rule.action === 'Allow';
    return this.#after.defaultAction === 'Allow';
  }

  #meets(rule: AdmissionRule, admitted: Admitted): boolean {
    if (rule.never || !this.#meetsRequest(rule, admitted)) return false;
    if (rule.sources !== undefined && !isInRanges(admitted.address, rule.sources)) return false;
    if (!hasDemands(rule)) return true;
    return rule.name === admitted.rule && this.#steady.has(rule.name) && !this.hasLostSecret(admitted);
  }

  /** A handshake is always a GET (RFC 6455 section 4.1). */
  #meetsRequest(rule: AdmissionRule, { path }: Admitted): boolean {
    if (rule.methods !== undefined && !rule.methods.includes('GET')) return false;
    if (rule.paths !== undefined && !rule.paths.some((condition) => meetsPath(path, condition))) return false;
    if (rule.request === undefined) return true;
    const isWebSocket = rule.paths !== undefined || isWebSocketPath(path, this.#sitePath);
    return isWebSocket === (rule.request === 'WebSocket');
  }
}

function byName(rules: readonly AdmissionRule[]): ReadonlyMap<string, AdmissionRule> {
  return new Map(rules.map((rule) => [rule.name, rule]));
}

function secretsOf(rule: AdmissionRule | undefined) {
  return (rule?.headers ?? []).flatMap((header) => (header.type === 'Secret' ? header.secrets : []));
}

/** Everything a rule asks for that is not kept. Whatever conditions a rule may get, they are among it. */
function restOf(rule: AdmissionRule): Readonly<Record<string, unknown>> {
  const { name: _, action: _action, never: _never, sources: _sources, ...others } = rule;
  const { paths: _paths, methods: _methods, request: _request, headers, ...rest } = others;
  return { ...rest, headers: headers?.map(withoutSecrets) };
}

/** Which values a secret header may have is told by their digests. */
function withoutSecrets(header: HeaderCondition): unknown {
  return header.type === 'Secret' ? { name: header.name, type: header.type } : header;
}

function demandsOf(rule: AdmissionRule): string {
  return JSON.stringify(restOf(rule));
}

function hasDemands(rule: AdmissionRule): boolean {
  return Object.values(restOf(rule)).some((value) => value !== undefined && value !== false);
}
