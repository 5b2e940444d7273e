// spec.admission of a checked policy -> rules as decide/admission.ts reads them. Called by sites.ts.
import { DEFAULTS } from '../api/defaults.ts';
import type {
  AdmissionRule as RuleSpec,
  AdmissionSpec,
  HeaderCondition as HeaderSpec,
  PathCondition as PathSpec,
} from '../api/policy.ts';
import type {
  AddressRanges,
  Admission,
  AdmissionRule,
  HeaderCondition,
  PathCondition,
  VerifySession,
} from '../model/configuration.ts';
import { parseDurationMs } from '../api/quantities.ts';
import { compileRanges } from './address-ranges.ts';
import type { Report } from './problem.ts';
import { type SecretSource, readSecretValues } from './secret-values.ts';

/** Compiles who may come in. A rule whose Secret is missing or useless stays in its place and matches nobody. */
export function compileAdmission(spec: AdmissionSpec, secrets: SecretSource, report: Report): Admission {
  const rules = spec.rules ?? [];
  const secretHeaders = rules.flatMap(secretHeaderNames);
  const forwards = spec.forwardSecretHeaders ?? DEFAULTS.admission.forwardSecretHeaders;
  return {
    mode: spec.mode ?? DEFAULTS.admission.mode,
    rules: rules.map((rule, at) => compileRule(rule, `spec.admission.rules[${at}]`, secrets, report)),
    defaultAction: spec.defaultAction,
    denyStatus: spec.deny?.status ?? DEFAULTS.admission.deny.status,
    // Mattermost's apps ask their user for the secret at this header only, so it is right exactly where one helps.
    rejectReason: spec.deny?.rejectReason ?? (secretHeaders.length > 0 ? 'PreAuth' : 'None'),
    secretHeaders: forwards ? [] : [...new Set(secretHeaders)].toSorted(),
  };
}

function secretHeaderNames(rule: RuleSpec): readonly string[] {
  const headers = rule.headers ?? [];
  return headers
    .filter((header) => header.secretRef !== undefined)
    .map((header) => header.name.toLowerCase());
}

function compileRule(spec: RuleSpec, field: string, secrets: SecretSource, report: Report): AdmissionRule {
  const headers = spec.headers?.map((header, at) =>
    compileHeader(header, `${field}.headers[${at}]`, secrets, report),
  );
  return {
    name: spec.name,
    action: spec.action,
    never: headers?.some((header) => header.type === 'Secret' && header.secrets.length === 0) ?? false,
    sources: spec.sourceCIDRs === undefined ? undefined : checkedRanges(spec.sourceCIDRs, field),
    paths: spec.paths?.map(compilePath),
    methods: spec.methods,
    headers,
    request: spec.request,
    cookies: spec.cookies?.map(({ name, shape }) => ({
      name,
      shape: (shape ?? DEFAULTS.admission.rules.cookies.shape) === 'Any' ? 'Any' : 'MattermostId',
    })),
    bearerToken: spec.bearerToken ?? false,
    clientCertificate: spec.clientCertificate ?? false,
    verifySession: spec.verifySession && compileVerifySession(spec.verifySession),
  };
}

function compileVerifySession(spec: NonNullable<RuleSpec['verifySession']>): VerifySession {
  const { cacheTTL, onError } = { ...DEFAULTS.admission.rules.verifySession, ...spec };
  return { cacheTtlMs: parseDurationMs(cacheTTL) ?? 0, onError };
}

function compileHeader(
  spec: HeaderSpec,
  field: string,
  secrets: SecretSource,
  report: Report,
): HeaderCondition {
  const name = spec.name.toLowerCase();
  if (spec.secretRef !== undefined) {
    const target = { name: spec.secretRef.name, field: `${field}.secretRef` };
    return { name, type: 'Secret', secrets: readSecretValues(target, secrets, report) };
  }
  const type = spec.type ?? DEFAULTS.admission.rules.headers.type;
  return type === 'Present' ? { name, type } : { name, type, values: spec.values ?? [] };
}

/** A prefix goes by whole segments, so that a slash at its end says nothing (as in Ingress). */
function compilePath({ type, value }: PathSpec): PathCondition {
  switch (type) {
    case 'Exact':
      return { type, value };
    case 'Prefix':
      return { type, value: value === '/' ? value : value.replace(/\/$/u, '') };
    case 'Pattern':
      return { type, segments: value.slice(1).split('/') };
  }
}

function checkedRanges(cidrs: readonly string[], field: string): AddressRanges {
  const ranges = compileRanges(cidrs);
  // A refusal without its networks would refuse nobody: better no new configuration than an open one.
  if (ranges === undefined)
    throw new Error(`A checked policy holds an unreadable network in ${field}.sourceCIDRs`);
  return ranges;
}
