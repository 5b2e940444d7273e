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
};

/** No last good one here: authorities that were taken away must not be believed any longer. */
export function readAuthorities(ref: CaRef, source: AuthoritySource, report: Report): string | undefined {
  const key = `${source.namespace}/${ref.name}`;
  const pem =
    ref.kind === 'Secret' ? pemOfSecret(source.secrets.get(key)) : source.configMaps.get(key)?.data['ca.crt'];
  const certificates = parseCertificates(pem ?? '');
  if (certificates !== undefined) return certificates.map((certificate) => certificate.toString()).join('');
  const isMissing = (ref.kind === 'Secret' ? source.secrets : source.configMaps).get(key) === undefined;
  const what = isMissing ? ' is missing' : ': ca.crt holds no readable certificates';
  report({
    severity: 'error',
    field: source.field,
    reason: ref.kind === 'ConfigMap' ? 'ConfigMapNotFound' : isMissing ? 'SecretNotFound' : 'SecretInvalid',
    message: `${ref.kind} ${key}${what}, so that ${source.effect}`,
    remedy: `Put the authorities of ${source.whose} into ca.crt of the ${ref.kind}, as PEM`,
  });
  return undefined;
}

function pemOfSecret(secret: Secret | undefined): string | undefined {
  return decodeBase64(secret?.data['ca.crt'] ?? secret?.data['tls.crt'] ?? '')?.toString('latin1');
}
