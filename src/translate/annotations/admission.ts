// Lists of networks in annotations -> spec.admission. A list that cannot be read closes the site: half a list is a guess.
import type { AdmissionRule, AdmissionSpec } from '../../api/policy.ts';
import { isCanonicalCidr } from '../../api/cidr.ts';
import { networkHex, parseAddress } from '../../model/address.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';

/** Bounds of the schema: networks of a rule, and rules. */
const maxNetworks = 256;
const maxRules = 32;

const nobody: AdmissionSpec = { defaultAction: 'Deny' };

/** Who may come in: nobody of the denied networks; if there is a list of allowed ones, only these. */
export function readAdmission(reader: AnnotationReader): AdmissionSpec | undefined {
  const denied = readList(reader, 'denylist-source-range');
  const allowed = readList(reader, allowlistOf(reader));
  if (denied === undefined && allowed === undefined) return undefined;
  if (denied === 'broken' || allowed === 'broken') return nobody;
  const rules = [
    ...rulesOf('annotation-denylist', 'Deny', denied ?? []),
    ...rulesOf('annotation-allowlist', 'Allow', allowed ?? []),
  ];
  if (rules.length > maxRules) {
    const key = `${NGINX_PREFIX}${denied === undefined ? allowlistOf(reader) : 'denylist-source-range'}`;
    reader.restrict(key, {
      text: `brings more than ${maxNetworks * maxRules} networks, and more cannot be held`,
      remedy: 'Join networks that lie side by side',
    });
    return nobody;
  }
  return {
    rules,
    defaultAction: allowed === undefined ? 'Allow' : 'Deny',
    deny: { status: 403, rejectReason: 'None' },
  };
}

/** The older of the two names is read only where the newer is absent, as ingress-nginx does. */
function allowlistOf(reader: AnnotationReader): string {
  const [name, former] = ['allowlist-source-range', 'whitelist-source-range'];
  if (reader.get(name) === undefined) return former;
  if (reader.get(former) !== undefined && reader.get(former) !== reader.get(name)) {
    reader.invalid(`${NGINX_PREFIX}${former}`, {
      text: `has no effect beside ${name}, which says something else`,
      remedy: 'Keep one of the two',
    });
  }
  return name;
}

function readList(reader: AnnotationReader, name: string): readonly string[] | 'broken' | undefined {
  const text = reader.get(name);
  if (text === undefined) return undefined;
  const networks = text.split(',').map((part) => readNetwork(part.trim()));
  const known = networks.filter((network) => network !== undefined);
  if (known.length === networks.length) return [...new Set(known)];
  reader.restrict(`${NGINX_PREFIX}${name}`, {
    text: text === '' ? 'is an empty list of networks' : 'holds a network that cannot be read',
    remedy: 'Write networks such as 192.0.2.0/24 or 2001:db8::/32, separated by commas',
  });
  return 'broken';
}

/** A network as a policy spells it: bits behind the prefix go, as in nginx; a bare address is a network of one. */
export function readNetwork(text: string): string | undefined {
  const [written = '', length, ...rest] = text.split('/');
  const address = parseAddress(written);
  if (address === undefined || rest.length > 0) return undefined;
  if (length !== undefined && !/^(0|[1-9][0-9]{0,2})$/u.test(length)) return undefined;
  const width = address.hex.length * 4;
  // The prefix of an IPv4-mapped network counts the 96 bits in front of the IPv4 address.
  const inFront = width === 32 && written.includes(':') ? 96 : 0;
  const bits = length === undefined ? width : Number(length) - inFront;
  if (bits < 0 || bits > width) return undefined;
  const network = `${addressText(networkHex(address.hex, bits))}/${bits}`;
  return isCanonicalCidr(network) ? network : undefined;
}

function addressText(hex: string): string {
  if (hex.length === 8) return (hex.match(/../gu) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.');
  return parseAddress((hex.match(/.{4}/gu) ?? []).join(':'))?.text ?? '';
}

function rulesOf(
  name: string,
  action: 'Allow' | 'Deny',
  networks: readonly string[],
): readonly AdmissionRule[] {
  const count = Math.ceil(networks.length / maxNetworks);
  return Array.from({ length: count }, (_, at) => ({
    name: at === 0 ? name : `${name}-${at + 1}`,
    sourceCIDRs: networks.slice(at * maxNetworks, (at + 1) * maxNetworks),
    action,
  }));
}
