// A Secret or ConfigMap with authorities in ca.crt -> the authorities, as PEM. Called for nodes and for clients.
import type { ConfigMap, Secret } from '../api/objects.ts';
import { parseCertificates } from './certificates.ts';
import type { Lookup } from './lookup.ts';
import type { Report } from './problem.ts';
import { decodeBase64 } from './secret-values.ts';

type CaRef = { readonly kind: 'Secret' | 'ConfigMap'; readonly name: string };

type AuthoritySource = {
  readonly namespace: string;
  readonly secrets: Lookup<Secret>;
  readonly configMaps: Lookup<ConfigMap>;
  readonly field: string;
  /** Whose certificates they sign, and what it means that there are none. */
  readonly whose: string;
  readonly effect: string;
  /** Keys of a Secret that may hold them: the first that is there counts. */
  readonly secretKeys: readonly string[];
  /** A list of certificates that are revoked is not passed over: who is on it must not come in. */
  readonly refusesRevocationLists: boolean;
};

/** Where ingress-nginx looks for revoked certificates. */
const REVOKED = 'ca.crl';

/** No last good one here: authorities that were taken away must not be believed any longer. */
export function readAuthorities(ref: CaRef, source: AuthoritySource, report: Report): string | undefined {
  const { namespace, field, effect, whose } = source;
  const title = `${ref.kind} ${namespace}/${ref.name}`;
  const data = dataOf(ref, source);
  if (source.refusesRevocationLists && data?.[REVOKED] !== undefined) {
    report({
      severity: 'error',
      field,
      reason: 'SecretInvalid',
      message: `${title} holds a list of revoked certificates in ${REVOKED}, which is not looked at here, so that ${effect}`,
      remedy: `Have an authority issue new certificates to all others, and name it in an object without ${REVOKED}`,
    });
    return undefined;
  }
  const certificates = parseCertificates(data === undefined ? '' : pemOf(ref, data, source.secretKeys));
  if (certificates !== undefined) return certificates.map((certificate) => certificate.toString()).join('');
  const what = data === undefined ? ' is missing' : ': ca.crt holds no readable certificates';
  const absent = data === undefined ? 'SecretNotFound' : 'SecretInvalid';
  report({
    severity: 'error',
    field,
    reason: ref.kind === 'ConfigMap' ? 'ConfigMapNotFound' : absent,
    message: `${title}${what}, so that ${effect}`,
    remedy: `Put the authorities of ${whose} into ca.crt of the ${ref.kind}, as PEM`,
  });
  return undefined;
}

type Data = Readonly<Record<string, string>>;

function dataOf(
  { kind, name }: CaRef,
  { namespace, secrets, configMaps }: AuthoritySource,
): Data | undefined {
  return (kind === 'Secret' ? secrets : configMaps).get(`${namespace}/${name}`)?.data;
}

function pemOf({ kind }: CaRef, data: Data, secretKeys: readonly string[]): string {
  if (kind === 'ConfigMap') return data['ca.crt'] ?? '';
  const held = secretKeys.find((key) => data[key] !== undefined) ?? '';
  return decodeBase64(data[held] ?? '')?.toString('latin1') ?? '';
}
