// The options of curl that are met in pasted commands, and what each says of the request. All others are refused by name:
// one that is passed over might be the one that matters.
import type { TlsVersion } from '../model/configuration.ts';
import type { RequestHead } from '../model/request.ts';

export type CurlEffect =
  | { readonly kind: 'method' | 'header' | 'cookie' | 'url' | 'user' | 'form' | 'ignored-value' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'data'; readonly form: 'text' | 'raw' | 'json' }
  | { readonly kind: 'certificate' }
  // These take no value.
  | { readonly kind: 'ignored' | 'head' | 'get' | 'compressed' }
  | { readonly kind: 'version'; readonly version: RequestHead['version'] }
  | { readonly kind: 'tls'; readonly version: TlsVersion };

const VALUELESS: ReadonlySet<CurlEffect['kind']> = new Set([
  'ignored',
  'head',
  'get',
  'compressed',
  'version',
  'tls',
] as const);

export function takesValue({ kind }: CurlEffect): boolean {
  return !VALUELESS.has(kind);
}

/** They say how curl behaves, not what it asks for. */
const IGNORED = [
  '-k --insecure -s --silent -S --show-error -v --verbose -i --include -L --location -f --fail -N --no-buffer',
  '-g --globoff -# --progress-bar --path-as-is --no-progress-meter --fail-with-body -O --remote-name -4 --ipv4 -6 --ipv6',
].join(' ');
const IGNORED_WITH_VALUE = [
  '-m --max-time --connect-timeout -o --output --resolve --connect-to --cacert -w --write-out --retry --key',
  '-x --proxy --noproxy --interface -D --dump-header --ciphers --limit-rate -c --cookie-jar',
].join(' ');

export const CURL_OPTIONS: ReadonlyMap<string, CurlEffect> = new Map<string, CurlEffect>([
  ...words(IGNORED, { kind: 'ignored' }),
  ...words(IGNORED_WITH_VALUE, { kind: 'ignored-value' }),
  ...words('-X --request', { kind: 'method' }),
  ...words('-H --header', { kind: 'header' }),
  ...words('-b --cookie', { kind: 'cookie' }),
  ...words('--url', { kind: 'url' }),
  ...words('-u --user', { kind: 'user' }),
  ...words('-A --user-agent', { kind: 'field', name: 'User-Agent' }),
  ...words('-e --referer', { kind: 'field', name: 'Referer' }),
  ...words('--oauth2-bearer', { kind: 'field', name: 'Authorization' }),
  ...words('-d --data --data-binary --data-ascii --data-urlencode', { kind: 'data', form: 'text' }),
  ...words('--data-raw', { kind: 'data', form: 'raw' }),
  ...words('--json', { kind: 'data', form: 'json' }),
  ...words('-F --form --form-string -T --upload-file', { kind: 'form' }),
  ...words('-I --head', { kind: 'head' }),
  ...words('-G --get', { kind: 'get' }),
  ...words('--compressed', { kind: 'compressed' }),
  ...words('-E --cert', { kind: 'certificate' }),
  ...words('-0 --http1.0', { kind: 'version', version: '1.0' }),
  ...words('--http1.1', { kind: 'version', version: '1.1' }),
  ...words('--http2 --http2-prior-knowledge', { kind: 'version', version: '2' }),
  ...words('--tlsv1.1', { kind: 'tls', version: '1.1' }),
  ...words('--tlsv1.2', { kind: 'tls', version: '1.2' }),
  ...words('--tlsv1.3', { kind: 'tls', version: '1.3' }),
]);

function words(names: string, effect: CurlEffect): readonly (readonly [string, CurlEffect])[] {
  return names.split(' ').map((name) => [name, effect] as const);
}
