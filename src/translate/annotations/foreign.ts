// Annotations of other controllers: whose are told of at all, and those about affinity in the words of ingress-nginx. `migrate`
// reads them so; a running controller only says what to do instead, since nobody who wrote them expects them to be read here.
import type { Fate } from './entry.ts';

type Values = Readonly<Record<string, string>>;

export type ForeignEntry = {
  readonly key: string;
  readonly fate: Extract<Fate, 'kept' | 'harmless'>;
  /** What becomes of it, as in the table of ingress-nginx. */
  readonly text: string;
  /** Of `kept`: the annotations of ingress-nginx that say the same, by short name; undefined where none does. */
  readonly inWordsOfNginx?: (value: string) => Values | undefined;
};

const ours = 'The value of the cookie is ours';
const balancing: Readonly<Record<string, Values>> = {
  source: { 'upstream-hash-by': '$remote_addr' },
  ip_hash: { 'upstream-hash-by': '$remote_addr' },
  roundrobin: { 'load-balance': 'round_robin' },
  round_robin: { 'load-balance': 'round_robin' },
  leastconn: {},
  least_conn: {},
};

/** What their keys begin with. The annotations of everybody else are not looked at: most are none of a controller. */
export const foreignPrefixes: readonly string[] = [
  'alb.ingress.kubernetes.io/',
  'appgw.ingress.kubernetes.io/',
  'appprotect',
  'haproxy',
  'ingress.kubernetes.io/',
  'konghq.com/',
  'nginx.com/',
  'nginx.org/',
  'traefik',
];

/** Whether another ingress controller reads the annotation. */
export function isForeign(key: string): boolean {
  return foreignPrefixes.some((prefix) => key.startsWith(prefix));
}

/** Where values of these annotations lie on the Service, not on the Ingress. */
export const TRAEFIK_SERVICE_PREFIX = 'traefik.ingress.kubernetes.io/';

export const foreignAnnotations: readonly ForeignEntry[] = [
  ...['haproxy-ingress.github.io/', 'ingress.kubernetes.io/'].flatMap(haproxyIngress),
  kept('haproxy.org/cookie-persistence', 'session-cookie-name', namedCookie),
  kept('haproxy.org/cookie-persistence-no-dynamic', 'session-cookie-name', namedCookie),
  kept('haproxy.org/load-balance', 'load-balance', readBalancing),
  kept('nginx.com/sticky-cookie-services', 'session-cookie-name', readStickyServices),
  kept('nginx.org/lb-method', 'load-balance', readBalancing),
  harmless('nginx.org/websocket-services', 'WebSockets need nothing'),
  ...traefik(),
];

function haproxyIngress(prefix: string): readonly ForeignEntry[] {
  const values = ['strategy', 'keywords', 'value-strategy', 'dynamic', 'preserve', 'shared'];
  return [
    kept(`${prefix}affinity`, 'affinity', (value) => (value === 'cookie' ? { affinity: value } : undefined)),
    same(`${prefix}session-cookie-name`, 'session-cookie-name'),
    same(`${prefix}session-cookie-domain`, 'session-cookie-domain'),
    kept(
      `${prefix}session-cookie-samesite`,
      'session-cookie-samesite',
      (value): Values => (value === 'true' ? { 'session-cookie-samesite': 'None' } : {}),
    ),
    kept(`${prefix}balance-algorithm`, 'load-balance', readBalancing),
    ...values.map((name) => harmless(`${prefix}session-cookie-${name}`, ours)),
  ];
}

/** Those of Traefik 2 and 3 stand on the Service, those of Traefik 1 on either. */
function traefik(): readonly ForeignEntry[] {
  const sticky = `${TRAEFIK_SERVICE_PREFIX}service.sticky.cookie`;
  const switchOn = (value: string): Values => (value === 'true' ? { affinity: 'cookie' } : {});
  return [
    kept(sticky, 'affinity', switchOn),
    same(`${sticky}.name`, 'session-cookie-name'),
    same(`${sticky}.samesite`, 'session-cookie-samesite'),
    same(`${sticky}.maxage`, 'session-cookie-max-age'),
    same(`${sticky}.path`, 'session-cookie-path'),
    same(`${sticky}.domain`, 'session-cookie-domain'),
    harmless(`${sticky}.secure`, 'The cookie is Secure over https'),
    harmless(`${sticky}.httponly`, 'The cookie is always HttpOnly'),
    kept(`${TRAEFIK_SERVICE_PREFIX}affinity`, 'affinity', switchOn),
    same(`${TRAEFIK_SERVICE_PREFIX}session-cookie-name`, 'session-cookie-name'),
  ];
}

function kept(key: string, like: string, inWordsOfNginx: NonNullable<ForeignEntry['inWordsOfNginx']>) {
  return { key, fate: 'kept', text: `As \`${like}\``, inWordsOfNginx } as const;
}

function same(key: string, name: string): ForeignEntry {
  return kept(key, name, (value) => ({ [name]: value }));
}

function harmless(key: string, text: string): ForeignEntry {
  return { key, fate: 'harmless', text };
}

function namedCookie(name: string): Values {
  return { affinity: 'cookie', 'session-cookie-name': name };
}

/** `hash $remote_addr consistent` of nginx is a hash of the address, too. */
function readBalancing(value: string): Values | undefined {
  const word = value.trim().toLowerCase();
  if (/^hash \$(?:binary_)?remote_addr(?: consistent)?$/u.test(word)) return balancing['source'];
  if (/^random(?:\(2\)|\b.*)$/u.test(word)) return {};
  return Object.hasOwn(balancing, word) ? balancing[word] : undefined;
}

/** `serviceName=mattermost srv_id expires=1h path=/chat`, several by semicolon: those of one Ingress hold for all of it. */
function readStickyServices(value: string): Values | undefined {
  const [first = '', ...rest] = value
    .split(';')
    .map((each) => each.trim().replace(/^serviceName=\S+\s+/u, ''));
  if (rest.some((each) => each !== '' && each !== first)) return undefined;
  const [name = '', ...attributes] = first.split(/\s+/u);
  const given = new Map(
    attributes.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
  const [expires, path] = [given.get('expires'), given.get('path')];
  const seconds = secondsOf(expires);
  return {
    ...namedCookie(name),
    ...(path === undefined ? {} : { 'session-cookie-path': path }),
    ...(expires === undefined || expires === 'max' ? {} : { 'session-cookie-max-age': seconds }),
  };
}

/** A time of nginx such as 1h or 30m in seconds; what is none stays as it is, and is complained of. */
function secondsOf(text = ''): string {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  const { count, unit = 's' } = /^(?<count>\d{1,7})(?<unit>[smhd]?)$/u.exec(text)?.groups ?? {};
  return count === undefined ? text : String(Number(count) * (units[unit === '' ? 's' : unit] ?? 1));
}
