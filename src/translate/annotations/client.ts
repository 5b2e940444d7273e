// Annotations about certificates of clients -> spec.client.clientCertificate. What cannot be said closes the site: whoever
// wrote it meant that not everybody comes in.
import type { ClientSpec } from '../../api/policy.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';
import { readOwnSecret } from './secret-name.ts';

type Mode = 'Disabled' | 'Optional' | 'Require';

const SECRET = 'auth-tls-secret';
const VERIFY = 'auth-tls-verify-client';
const modes: ReadonlyMap<string, Mode> = new Map([
  ['on', 'Require'],
  ['optional', 'Optional'],
  ['off', 'Disabled'],
]);

/** Which certificates clients are asked for. @param namespace of the Ingress, whose Secrets alone may be used */
export function readClientCertificate(reader: AnnotationReader, namespace: string): ClientSpec | undefined {
  const mode = readMode(reader);
  if (mode === undefined || mode === 'Disabled') return undefined;
  const effect = 'certificates of clients cannot be judged';
  const name = readOwnSecret(reader, SECRET, { namespace, effect });
  return name === undefined ? undefined : { clientCertificate: { mode, caRef: { kind: 'Secret', name } } };
}

/** Undefined where nothing asks for certificates, or in a way that closes the site. */
function readMode(reader: AnnotationReader): Mode | undefined {
  const text = reader.get(VERIFY);
  const key = `${NGINX_PREFIX}${VERIFY}`;
  if (text === 'optional_no_ca') {
    reader.restrict(key, {
      text: 'lets in certificates that nobody vouches for, which only the nodes could judge',
      remedy: 'Write on or optional, with the authorities in auth-tls-secret',
    });
    return undefined;
  }
  const mode = text === undefined ? 'Require' : modes.get(text);
  if (reader.get(SECRET) !== undefined) return mode ?? demanded(reader, key);
  if (text !== undefined && mode !== 'Disabled') {
    reader.restrict(key, {
      text: 'asks for certificates, and no auth-tls-secret says whose',
      remedy: 'Name the Secret with the authorities in auth-tls-secret',
    });
  }
  return undefined;
}

/** As ingress-nginx reads what it does not know. */
function demanded(reader: AnnotationReader, key: string): Mode {
  reader.invalid(key, {
    text: 'is none of on, optional and off; certificates are demanded',
    remedy: 'Write on, optional or off, in quotes',
  });
  return 'Require';
}
