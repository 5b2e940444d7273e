// A second opinion on admission, written from the design's words on raw lines; shares no code with the product.
import { BlockList, isIP } from 'node:net';
import type { AdmissionRule, HeaderCondition, PathCondition, PolicySpec } from '../../src/api/policy.ts';

/** A request as its client wrote it. */
export type Asked = {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly peer: string;
  readonly isTrusted: boolean;
  readonly isTls: boolean;
};

/** What the checker knows beside the policy. */
export type World = {
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly trustedProxies: Networks;
};

export type ReferenceVerdict = {
  readonly rule: string;
  readonly action: string;
  /** The backend must prove by a 101 that this was no way to read a page. */
  readonly needs101: boolean;
};

/** Which rule decides, and how; `path` is one way of reading that of the request. */
export function referenceVerdict(
  spec: PolicySpec,
  asked: Asked,
  path: string,
  world: World,
): ReferenceVerdict {
  const { rules = [], defaultAction } = spec.admission;
  const found = rules.find((rule) => holds(rule, asked, { path, sitePath: spec.route?.path ?? '/', world }));
  if (found === undefined) return { rule: 'default', action: defaultAction, needs101: false };
  const { name, action, request, cookies, bearerToken, sourceCIDRs, headers = [] } = found;
  const isForgeable = sourceCIDRs === undefined && headers.every(({ type }) => type === 'Present');
  const needs101 = request === 'WebSocket' && Boolean(cookies ?? bearerToken) && isForgeable;
  return { rule: name, action, needs101 };
}

type Place = { readonly path: string; readonly sitePath: string; readonly world: World };

function holds(rule: AdmissionRule, asked: Asked, { path, sitePath, world }: Place): boolean {
  const isThere = rule.paths?.some((each) => isAt(each, path));
  const isSocket = isHandshake(asked) && (isThere ?? isSocketPath(path, sitePath));
  const conditions = [
    rule.sourceCIDRs && isListed(networks(rule.sourceCIDRs), sourceOf(asked, world)),
    isThere,
    rule.methods?.some((method) => method === asked.method),
    rule.headers?.every((each) => hasHeader(each, asked, world)),
    rule.cookies?.every(({ name, shape }) => hasCookie(asked, name, shape ?? 'MattermostID')),
    rule.request && isSocket === (rule.request === 'WebSocket'),
    rule.bearerToken && hasToken(asked),
  ];
  return conditions.every((condition) => condition !== false);
}

function valuesOf({ lines }: Asked, name: string): readonly string[] {
  return lines.filter(([each]) => each.toLowerCase() === name).map(([, value]) => trim(value));
}

function trim(text: string): string {
  return text.replace(/^[ \t]*/, '').replace(/[ \t]*$/, '');
}

function isAt({ type, value }: PathCondition, path: string): boolean {
  if (type === 'Exact') return path === value;
  if (type === 'Prefix') return `${path}/`.startsWith(value.endsWith('/') ? value : `${value}/`);
  const [wanted, given] = [value.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part === given[at] || isWord(part, given[at]))
  );
}

function isWord(part: string, given = ''): boolean {
  return part === '*' && given.replace(/[A-Za-z0-9_-]/g, '') === '' && given !== '';
}

function isSocketPath(path: string, sitePath: string): boolean {
  const parts = path.split('/');
  if (parts.at(-1) === '') parts.pop();
  const tail = parts.splice(sitePath === '/' ? 1 : 2);
  const isBelow = sitePath === '/' ? parts.join('/') === '' : parts.join('/') === sitePath;
  const [api, version = '', ...rest] = tail;
  const isVersion = version.length > 1 && /^v\d*$/.test(version);
  return isBelow && api === 'api' && isVersion && ['websocket', 'users/websocket'].includes(rest.join('/'));
}

/** Row U1. */
function isHandshake(asked: Asked): boolean {
  const isOnce = (name: string, test: (value: string) => boolean) => {
    const [value, ...more] = valuesOf(asked, name);
    return value !== undefined && more.length === 0 && test(value);
  };
  return (
    asked.method === 'GET' &&
    nominees(asked).includes('upgrade') &&
    isOnce('upgrade', (value) => value.toLowerCase() === 'websocket') &&
    isOnce('sec-websocket-version', (value) => value === '13') &&
    isOnce('sec-websocket-key', (value) => /^[\w+/]{22}==$/.test(value))
  );
}

function nominees(asked: Asked): readonly string[] {
  return valuesOf(asked, 'connection').flatMap((value) =>
    value.split(',').map((each) => trim(each).toLowerCase()),
  );
}

function hasHeader(condition: HeaderCondition, asked: Asked, { secrets }: World): boolean {
  const name = condition.name.toLowerCase();
  const [value = '', ...more] = valuesOf(asked, name);
  if (value === '' || more.length > 0 || nominees(asked).includes(name)) return false;
  if (condition.secretRef !== undefined) {
    const known = Object.values(secrets[condition.secretRef.name] ?? {}).map((each) => each.trim());
    return known.some((each) => each.length >= 16 && each === value);
  }
  const { type = 'Exact', values = [] } = condition;
  if (type === 'Present') return true;
  if (type === 'Exact') return values.includes(value);
  return values.some((each) => (type === 'Prefix' ? value.startsWith(each) : value.indexOf(each) >= 0));
}

/** The pairs of the one Cookie line. */
export function cookiesOf(lines: readonly string[]): readonly (readonly [name: string, value: string])[] {
  if (lines.length !== 1) return [];
  return (lines[0] ?? '').split(';').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [value.length === 0 ? '' : trim(name), trim(value.join('='))];
  });
}

function hasCookie(asked: Asked, name: string, shape: 'MattermostID' | 'Any'): boolean {
  const copies = cookiesOf(valuesOf(asked, 'cookie')).filter(([each]) => each === name);
  const isRight = shape === 'Any' ? /^[^"]+$/ : /^[a-z0-9]{26}$/;
  return copies.length >= 1 && copies.length <= 4 && copies.every(([, value]) => isRight.test(value));
}

function hasToken(asked: Asked): boolean {
  const [value = '', ...more] = valuesOf(asked, 'authorization');
  return (
    more.length === 0 &&
    value.slice(0, 7).toLowerCase() === 'bearer ' &&
    /^ *[a-z0-9]{26}$/.test(value.slice(7))
  );
}

/** Networks of one family know nothing of the other (row M5); a BlockList takes ::/0 for IPv4, too. */
export type Networks = { readonly v4: BlockList; readonly v6: BlockList };

export function networks(cidrs: readonly string[]): Networks {
  const list = { v4: new BlockList(), v6: new BlockList() };
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    if (address.includes(':')) list.v6.addSubnet(address, Number(bits), 'ipv6');
    else list.v4.addSubnet(address, Number(bits), 'ipv4');
  }
  return list;
}

function isListed({ v4, v6 }: Networks, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=.*\.)/i, '');
  return plain.includes(':') ? v6.check(plain, 'ipv6') : v4.check(plain, 'ipv4');
}

/** Rows M1 and M2. */
export function sourceOf(asked: Asked, { trustedProxies }: World): string {
  let source = asked.peer;
  if (!asked.isTrusted) return source;
  for (const token of valuesOf(asked, 'x-forwarded-for').join(',').split(',').toReversed()) {
    const text = trim(token)
      .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
      .replace(/^\[(.*:.*)\](:\d+)?$/, '$1');
    if (isIP(text) === 0 || text.includes('%')) return source;
    source = text;
    if (!isListed(trustedProxies, source)) return source;
  }
  return source;
}

/** Our TLS, or what a trusted proxy says. */
export function isHttps(asked: Asked): boolean {
  const said = valuesOf(asked, 'x-forwarded-proto');
  return asked.isTrusted && said.length === 1 ? said[0] === 'https' : asked.isTls;
}
