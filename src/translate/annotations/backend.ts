// Annotations about the nodes -> spec.backend: TLS towards them, timeouts, the order in which they are taken.
import type { BackendSpec, BackendTls } from '../../api/policy.ts';
import { dnsName } from '../../api/text-forms.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';
import { readOwnSecret } from './secret-name.ts';
import { readSwitch } from './values.ts';

const tlsNames: readonly string[] = [
  'proxy-ssl-secret',
  'proxy-ssl-verify',
  'proxy-ssl-name',
  'proxy-ssl-protocols',
];
const minVersions: Readonly<Record<string, '1.2' | '1.3'>> = { 'tlsv1.2': '1.2', 'tlsv1.3': '1.3' };
const formerVersions: readonly string[] = ['sslv2', 'sslv3', 'tlsv1', 'tlsv1.0', 'tlsv1.1'];

/** The order in which nodes are taken. */
export function readBalancing(reader: AnnotationReader): BackendSpec['loadBalancing'] {
  const text = reader.get('load-balance')?.toLowerCase();
  if (text === undefined || text === 'ewma') return undefined;
  if (text === 'round_robin') return 'RoundRobin';
  reader.invalid(`${NGINX_PREFIX}load-balance`, {
    text: 'is not an order we know; the default is used',
    remedy: 'Write round_robin, or say it with spec.backend.loadBalancing of a policy',
  });
  return undefined;
}

/** How nodes are reached. @param namespace of the Ingress, whose Secrets alone may be used */
export function readBackendTls(reader: AnnotationReader, namespace: string): BackendTls | undefined {
  if (!readProtocol(reader)) {
    for (const name of tlsNames.filter((each) => reader.get(each) !== undefined)) {
      reader.invalid(`${NGINX_PREFIX}${name}`, {
        text: 'has no effect, since the nodes are reached over plain HTTP',
        remedy: 'Write backend-protocol: HTTPS as well, or remove it',
      });
    }
    return undefined;
  }
  // Without it the nodes cannot be trusted.
  const effect = 'the nodes cannot be reached as it demands';
  const secret = readOwnSecret(reader, 'proxy-ssl-secret', { namespace, effect });
  const isVerified = readVerify(reader);
  return {
    mode: isVerified ? 'Verify' : 'InsecureSkipVerify',
    ...(secret === undefined ? {} : { clientCertificateRef: { name: secret } }),
    ...(secret === undefined || !isVerified ? {} : { caRef: { kind: 'Secret', name: secret } }),
    ...readServerName(reader),
    ...readMinVersion(reader),
  };
}

/** @returns whether TLS is spoken */
function readProtocol(reader: AnnotationReader): boolean {
  const text = reader.get('backend-protocol')?.toUpperCase();
  const isTls = text === 'HTTPS' || text === 'GRPCS';
  if (text !== undefined && text !== 'HTTP' && text !== 'HTTPS') {
    reader.unsupported(
      `${NGINX_PREFIX}backend-protocol`,
      'Write HTTP or HTTPS; Mattermost speaks nothing else to users',
      `is known with HTTP and HTTPS only; the nodes are reached over ${isTls ? 'HTTPS' : 'plain HTTP'}`,
    );
  }
  return isTls;
}

/** What cannot be read counts as a wish for more security, never for less. */
function readVerify(reader: AnnotationReader): boolean {
  const text = reader.get('proxy-ssl-verify');
  if (text === undefined) return false;
  const isVerified = readSwitch(text);
  if (isVerified === undefined) {
    reader.invalid(`${NGINX_PREFIX}proxy-ssl-verify`, {
      text: 'is neither on nor off; the nodes are verified',
      remedy: 'Write on or off, in quotes',
    });
  }
  return isVerified ?? true;
}

function readServerName(reader: AnnotationReader): Pick<BackendTls, 'serverName'> {
  const text = reader.get('proxy-ssl-name');
  if (text === undefined) return {};
  const serverName = text.toLowerCase();
  if (serverName.length <= dnsName.maxLength && new RegExp(dnsName.pattern, 'u').test(serverName))
    return { serverName };
  reader.invalid(`${NGINX_PREFIX}proxy-ssl-name`, {
    text: 'is not the name of a server; that of the Service is used',
    remedy: `Write ${dnsName.hint}`,
  });
  return {};
}

function readMinVersion(reader: AnnotationReader): Pick<BackendTls, 'minVersion'> {
  const text = reader.get('proxy-ssl-protocols');
  if (text === undefined) return {};
  const key = `${NGINX_PREFIX}proxy-ssl-protocols`;
  const words = text.toLowerCase().split(/\s+/u);
  const versions = words.flatMap((word) => minVersions[word] ?? []);
  if (words.some((word) => !formerVersions.includes(word) && !Object.hasOwn(minVersions, word))) {
    reader.invalid(key, {
      text: 'holds a version of TLS that cannot be read; 1.2 is the lowest',
      remedy: 'Write TLSv1.2 TLSv1.3',
    });
    return {};
  }
  if (words.some((word) => formerVersions.includes(word)))
    reader.unsupported(
      key,
      'Write TLSv1.2 TLSv1.3',
      'asks for a version of TLS older than 1.2; 1.2 is the lowest',
    );
  return { minVersion: versions.length === words.length && !versions.includes('1.2') ? '1.3' : '1.2' };
}
