// The rules of the policy that schema keywords cannot say. Each has an id, the CEL text the API server judges by,
// and `holds`, the same judgement for objects that come from files or were stored before the rule existed.
import { isIPv4 } from 'node:net';
import { isCanonicalCidr } from './cidr.ts';
import { get, has, hasAny, isUnique, items, string } from './json-access.ts';
import { BACKEND_RULES } from './policy-backend-rules.ts';
import { durationRange, isWithin, type Rule, type RuleBody } from './policy-rule-forms.ts';
import { DURATION_PATTERN } from './quantities.ts';

/** The rules named, as an option of a schema node. */
export function rules(...ids: readonly RuleId[]): { readonly rules: readonly Rule[] } {
  return { rules: ids.map((id) => ({ id, ...RULES[id] })) };
}

export type RuleId = keyof typeof RULES;

/** What only those can show whom a rule means: an address, a place, a secret, a session. */
const PROOFS = ['sourceCIDRs', 'paths', 'headers', 'cookies', 'bearerToken', 'clientCertificate'];

const SEGMENT = '[A-Za-z0-9._~!$&+,=:@-]+';
const PATTERN_PATH = `^(/([*]|${SEGMENT}))+$`;
const PLAIN_PATH = `^/(${SEGMENT}(/${SEGMENT})*/?)?$`;
const DOT_SEGMENT = '/[.]{1,2}(/|$)';

const RESERVED_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
];

const MATTERMOST_COOKIES = ['MMAUTHTOKEN', 'MMUSERID', 'MMCSRF', 'MMCLOUDURL'];

/** All rules by id. The text of a rule may change only together with its twin and its cases. */
export const RULES = {
  'route-or-targets': {
    cel: 'has(self.route) != has(self.targetRefs)',
    message: 'Exactly one of route and targetRefs',
    remedy:
      'Keep route for a site of its own, or targetRefs for Ingresses that exist, not both and not neither',
    holds: (self) => has(self, 'route') !== has(self, 'targetRefs'),
  },
  'class-with-route': {
    cel: '!has(self.ingressClassName) || has(self.route)',
    message: 'The field ingressClassName goes with route: an Ingress has a class of its own',
    remedy: 'Remove ingressClassName, and look at the class of the Ingresses in targetRefs',
    holds: (self) => !has(self, 'ingressClassName') || has(self, 'route'),
  },
  'service-port': {
    cel: 'has(self.port) != has(self.portName)',
    message: 'Exactly one of port and portName',
    remedy: 'Keep the number or the name of the Service port, not both and not neither',
    holds: (self) => has(self, 'port') !== has(self, 'portName'),
  },
  'host-not-address': {
    cel: '!isIP(self)',
    message: 'A host is a DNS name, not an address',
    remedy: 'Give the site a DNS name; certificates and SNI know no addresses',
    holds: (self) => !isIPv4(string(self)),
  },
  'paths-inside-site': {
    cel: "!has(self.route) || !has(self.route.path) || self.route.path == '/' || !has(self.admission.rules) || self.admission.rules.all(r, !has(r.paths) || r.paths.all(p, p.value == self.route.path || p.value.startsWith(self.route.path + '/')))",
    message: 'Path conditions are absolute, as the client sends them, so they begin with route.path',
    remedy: 'Write route.path in front of the paths of the rules, for example /chat/api/v4/notifications/ack',
    holds: (self) => {
      const site = string(get(get(self, 'route'), 'path'));
      if (site === '' || site === '/') return true;
      const conditions = items(get(get(self, 'admission'), 'rules')).flatMap((rule) =>
        items(get(rule, 'paths')),
      );
      return conditions
        .map((condition) => string(get(condition, 'value')))
        .every((value) => value === site || value.startsWith(`${site}/`));
    },
  },
  'rule-names-unique': {
    cel: 'self.all(a, self.exists_one(b, b.name == a.name))',
    message: 'Rule names must be unique',
    remedy: 'Rename one of the rules; logs and metrics tell them apart by name only',
    holds: (self) => isUnique(items(self).map((rule) => get(rule, 'name'))),
  },
  'rule-name-reserved': {
    cel: "self != 'default'",
    message: 'Not default, which stands for defaultAction in logs and metrics',
    remedy: 'Give the rule another name',
    holds: (self) => self !== 'default',
  },
  'rule-has-condition': {
    cel: 'has(self.sourceCIDRs) || has(self.paths) || has(self.methods) || has(self.headers) || has(self.request) || has(self.cookies) || has(self.bearerToken) || has(self.clientCertificate)',
    message: 'A rule needs at least one condition',
    remedy: 'Add a condition, or say with defaultAction what holds for everybody',
    holds: (self) => hasAny(self, ['methods', 'request', ...PROOFS]),
  },
  'refusal-conditions': {
    cel: "self.action == 'Allow' || !(has(self.headers) || has(self.cookies) || has(self.bearerToken) || has(self.clientCertificate))",
    message: 'Deny and Reset may use only sourceCIDRs, paths, methods, request',
    remedy:
      'Turn it round: allow those who show the header, cookie or token, and let defaultAction refuse the rest',
    holds: (self) =>
      get(self, 'action') === 'Allow' ||
      !hasAny(self, ['headers', 'cookies', 'bearerToken', 'clientCertificate']),
  },
  'allow-needs-proof': {
    cel: "self.action != 'Allow' || !(has(self.request) || has(self.methods)) || has(self.sourceCIDRs) || has(self.paths) || has(self.headers) || has(self.cookies) || has(self.bearerToken) || has(self.clientCertificate)",
    message: 'An Allow rule needs more than request and methods, which anybody can send',
    remedy: 'Add sourceCIDRs, paths, headers, cookies, bearerToken or clientCertificate',
    holds: (self) =>
      get(self, 'action') !== 'Allow' || !hasAny(self, ['request', 'methods']) || hasAny(self, PROOFS),
  },
  'certificate-asked-for': {
    cel: "!has(self.admission.rules) || !self.admission.rules.exists(r, has(r.clientCertificate)) || (has(self.client) && has(self.client.clientCertificate) && self.client.clientCertificate.mode != 'Disabled')",
    message: 'A rule with clientCertificate needs client.clientCertificate with mode Optional or Require',
    remedy: 'Add client.clientCertificate with a caRef, or take clientCertificate out of the rule',
    holds: (self) => {
      const list = items(get(get(self, 'admission'), 'rules'));
      const mode = get(get(get(self, 'client'), 'clientCertificate'), 'mode');
      return (
        !list.some((rule) => has(rule, 'clientCertificate')) || (mode !== undefined && mode !== 'Disabled')
      );
    },
  },
  'client-certificate-ca': {
    cel: "self.mode == 'Disabled' || has(self.caRef)",
    message: 'Certificates of clients need authorities that they come from: caRef',
    remedy: 'Add caRef, or set mode: Disabled',
    holds: (self) => get(self, 'mode') === 'Disabled' || has(self, 'caRef'),
  },
  'verify-session-credentials': {
    cel: '!has(self.verifySession) || has(self.cookies) || has(self.bearerToken)',
    message:
      'The field verifySession asks about the credentials of cookies or bearerToken, so it needs one of them',
    remedy: 'Add cookies or bearerToken to the rule, or remove verifySession',
    holds: (self) => !has(self, 'verifySession') || hasAny(self, ['cookies', 'bearerToken']),
  },
  'cidr-canonical': {
    cel: 'isCIDR(self) && string(cidr(self).masked()) == self',
    message: 'Write 192.0.2.0/24 or 2001:db8::/32: no host bits, no IPv4-mapped form',
    remedy:
      'Write the first address of the network, a slash and the prefix length, IPv6 in its short lower-case form',
    holds: (self) => isCanonicalCidr(string(self)),
  },
  'path-syntax': {
    cel: `self.type == 'Pattern' ? self.value.matches('${PATTERN_PATH}') : self.value.matches('${PLAIN_PATH}')`,
    message:
      'A path begins with /, has no escapes and no empty segments; * is for Pattern only, as a whole segment',
    remedy: 'Write for example /static for Prefix, /login/desktop for Exact, /oauth/*/complete for Pattern',
    holds: (self) => matches(get(self, 'value'), get(self, 'type') === 'Pattern' ? PATTERN_PATH : PLAIN_PATH),
  },
  'path-dot-segments': {
    cel: `!self.value.matches('${DOT_SEGMENT}')`,
    message: 'Path segments . and .. are refused',
    remedy: 'Write the path these segments lead to',
    holds: (self) => !matches(get(self, 'value'), DOT_SEGMENT),
  },
  'path-lower-case': {
    cel: "!self.value.matches('[A-Z]')",
    message:
      'Lower case only: a request path with capitals, which some servers fold, is refused as ambiguous',
    remedy: 'Write the path in lower case',
    holds: (self) => !matches(get(self, 'value'), '[A-Z]'),
  },
  'header-names-unique': {
    cel: 'self.all(a, self.exists_one(b, b.name.lowerAscii() == a.name.lowerAscii()))',
    message: 'Header names must differ by more than case',
    remedy: 'Put the values of one header into one condition, or make two rules',
    holds: (self) => isUnique(items(self).map((header) => string(get(header, 'name')).toLowerCase())),
  },
  'header-name-reserved': {
    cel: `!(self.lowerAscii() in [${RESERVED_HEADERS.map((name) => `'${name}'`).join(', ')}])`,
    message: 'Not a header that the proxy consumes or writes itself: a condition on it proves nothing',
    remedy: 'Use sourceCIDRs for addresses, route.hosts for hosts, request for upgrades, or another header',
    holds: (self) => !RESERVED_HEADERS.includes(string(self).toLowerCase()),
  },
  'header-secret-alone': {
    cel: '!has(self.secretRef) || !(has(self.type) || has(self.values))',
    message: 'The field secretRef implies type Exact and brings its own values',
    remedy: 'Remove type and values, or secretRef',
    holds: (self) => !has(self, 'secretRef') || !hasAny(self, ['type', 'values']),
  },
  'header-values': {
    cel: "has(self.secretRef) || (has(self.type) && self.type == 'Present') != has(self.values)",
    message: 'A header condition needs secretRef, or values, or type Present without values',
    remedy: 'Add values, or a secretRef, or say type: Present and remove values',
    holds: (self) => has(self, 'secretRef') || (get(self, 'type') === 'Present') !== has(self, 'values'),
  },
  'persistence-cookie-fields': {
    cel: "!has(self.type) || self.type == 'Cookie' || !(has(self.cookie) || has(self.fallback) || has(self.absoluteTimeout))",
    message: 'The fields cookie, fallback and absoluteTimeout belong to type Cookie',
    remedy: 'Remove them, or set type: Cookie',
    holds: (self) =>
      !has(self, 'type') ||
      get(self, 'type') === 'Cookie' ||
      !hasAny(self, ['cookie', 'fallback', 'absoluteTimeout']),
  },
  'persistence-source-fields': {
    cel: "!has(self.type) || self.type != 'None' || !has(self.sourceAddress)",
    message: 'The field sourceAddress has no meaning with type None',
    remedy: 'Remove sourceAddress, or choose type Cookie or SourceAddress',
    holds: (self) => get(self, 'type') !== 'None' || !has(self, 'sourceAddress'),
  },
  'persistence-absolute-timeout': {
    cel: "has(self.absoluteTimeout) == (has(self.cookie) && has(self.cookie.lifetimeType) && self.cookie.lifetimeType == 'Permanent')",
    message: 'The field absoluteTimeout belongs to cookie.lifetimeType Permanent, which needs it',
    remedy: 'Set both absoluteTimeout and cookie.lifetimeType: Permanent, or neither',
    holds: (self) =>
      has(self, 'absoluteTimeout') === (get(get(self, 'cookie'), 'lifetimeType') === 'Permanent'),
  },
  'fallback-unique': {
    cel: 'self.all(a, self.exists_one(b, b == a))',
    message: 'A fallback key can be tried only once',
    remedy: 'Remove the repeated key',
    holds: (self) => isUnique(items(self)),
  },
  'sticky-cookie-name': {
    cel: `!(self in [${MATTERMOST_COOKIES.map((name) => `'${name}'`).join(', ')}])`,
    message: 'Not the name of a cookie of Mattermost: ours is removed before a request is forwarded',
    remedy: 'Choose a name of your own, for example MMSTICKY',
    holds: (self) => !MATTERMOST_COOKIES.includes(string(self)),
  },
  'absolute-timeout-range': durationRange('1m', '9600h'),
  'idle-timeout-minimum': {
    cel: `!self.matches('${DURATION_PATTERN}') || duration(self) >= duration('100s')`,
    message: 'At least 100s: Mattermost pings each 60 s and logs an error for every connection cut sooner',
    remedy: 'Write 100s or more; the default is 1h',
    holds: (self) => isWithin(self, 100_000, Infinity),
  },
  'idle-timeout-maximum': {
    cel: `!self.matches('${DURATION_PATTERN}') || duration(self) <= duration('240h')`,
    message: 'At most 240h',
    remedy: 'Write 240h or less; the default is 1h',
    holds: (self) => isWithin(self, 0, 864_000_000),
  },
  'max-duration-range': {
    cel: `!self.matches('${DURATION_PATTERN}') || duration(self) == duration('0s') || (duration(self) >= duration('1m') && duration(self) <= duration('9600h'))`,
    message: 'Between 1m and 9600h, or 0s for no bound',
    remedy: 'Write 0s, or a duration from 1m to 9600h',
    holds: (self) => isWithin(self, 0, 0) || isWithin(self, 60_000, 34_560_000_000),
  },
  'max-spread-range': durationRange('1s', '10m'),
  'drain-timeout-range': durationRange('1s', '24h'),
  'cache-ttl-range': durationRange('1s', '1h'),
  'hsts-max-age-range': durationRange('0s', '17520h'),
  'client-timeout-range': durationRange('1s', '24h'),
  ...BACKEND_RULES,
} as const satisfies Readonly<Record<string, RuleBody>>;

/** CEL's `matches`: RE2 syntax, of which only what JavaScript reads the same is used here. */
function matches(self: unknown, pattern: string): boolean {
  return new RegExp(pattern, 'u').test(string(self));
}
