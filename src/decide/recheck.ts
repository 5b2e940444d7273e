// Whether a WebSocket that was admitted once would be admitted by the rules of now, as far as what is kept of its
// handshake can show. Nobody keeps headers and cookies for days: what they proved counts while their rule asks the same.
import type { IpAddress } from '../model/address.ts';
import type { Admission, AdmissionRule, HeaderCondition } from '../model/configuration.ts';
import type { AdmissionVerdict } from '../model/decision.ts';
import { isInRanges } from '../model/ranges.ts';
import { isWebSocketPath, meetsPath } from './path.ts';

/** What a client proved at its handshake, by the rules of that time: those of now may be several changes away. */
export type Proof = {
  /** Name of the rule, or `default`. */
  readonly rule: string;
  /** All that its rule asked for and nobody keeps. */
  readonly demands: string;
  /** Digests of the values that opened the door, one of each header that asked for a secret. */
  readonly secrets: readonly string[];
};

/** What is kept of a handshake. */
export type Admitted = Proof & {
  readonly address: IpAddress;
  readonly path: string;
};

/** What a rule asks for, put so that it can be compared. */
type Asked = {
  readonly demands: string;
  readonly hasDemands: boolean;
  readonly secretHeaders: readonly SecretCondition[];
  /** Of all values that are accepted now. */
  readonly digests: ReadonlySet<string>;
};

type SecretCondition = Extract<HeaderCondition, { readonly type: 'Secret' }>;

/** The rules of a site, held against handshakes; made once a change, asked for each WebSocket. */
export class Recheck {
  readonly #admission: Admission;
  readonly #sitePath: string;
  readonly #byName: ReadonlyMap<string, Asked>;
  /** One for all handshakes that proved the same: thousands are kept for days. */
  readonly #proofs = new Map<string, Proof>();

  constructor(admission: Admission, sitePath: string) {
    this.#admission = admission;
    this.#sitePath = sitePath;
    this.#byName = new Map(admission.rules.map((rule) => [rule.name, askedBy(rule)]));
  }

  /** Of a handshake that these rules have admitted. */
  proofOf({ rule, secretKeys = [] }: Pick<AdmissionVerdict, 'rule' | 'secretKeys'>): Proof {
    const name = [rule, ...secretKeys].join('\n');
    const known = this.#proofs.get(name);
    if (known !== undefined) return known;
    const { demands = '', secretHeaders = [] } = this.#byName.get(rule) ?? {};
    const shown = secretHeaders.map(({ secrets }, at) => secrets.find(({ key }) => key === secretKeys[at]));
    const secrets = shown.flatMap((secret) => (secret === undefined ? [] : [secret.digest]));
    const proof = { rule, demands, secrets };
    this.#proofs.set(name, proof);
    return proof;
  }

  /** One of the values that opened the door is no longer accepted by its rule, under whichever data key. */
  hasLostSecret({ rule, secrets }: Admitted): boolean {
    const accepted = this.#byName.get(rule)?.digests;
    return secrets.some((digest) => accepted?.has(digest) !== true);
  }

  /** First match wins, as at the handshake. */
  admits(admitted: Admitted): boolean {
    if (this.#admission.mode === 'Observe') return true;
    for (const rule of this.#admission.rules) if (this.#meets(rule, admitted)) return rule.action === 'Allow';
    return this.#admission.defaultAction === 'Allow';
  }

  #meets(rule: AdmissionRule, admitted: Admitted): boolean {
    if (rule.never || !this.#meetsRequest(rule, admitted)) return false;
    if (rule.sources !== undefined && !isInRanges(admitted.address, rule.sources)) return false;
    const asked = this.#byName.get(rule.name);
    if (asked?.hasDemands !== true) return true;
    const isSame = rule.name === admitted.rule && asked.demands === admitted.demands;
    return isSame && !this.hasLostSecret(admitted);
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

function askedBy(rule: AdmissionRule): Asked {
  const rest = restOf(rule);
  const secretHeaders = (rule.headers ?? []).filter((header) => header.type === 'Secret');
  return {
    demands: JSON.stringify(rest),
    hasDemands: Object.values(rest).some((value) => value !== undefined && value !== false),
    secretHeaders,
    digests: new Set(secretHeaders.flatMap(({ secrets }) => secrets.map(({ digest }) => digest))),
  };
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
