// How nodes are reached, by annotation.
import { describe, expect, test } from 'vitest';
import type { BackendTls } from '../../api/policy.ts';
import { saidOf, settingsOf } from './test-reading.ts';

type Values = Readonly<Record<string, string>>;

const https = { 'backend-protocol': 'HTTPS' };
const verified = { ...https, 'proxy-ssl-verify': 'on' };

function tlsOf(values: Values): BackendTls | undefined {
  return settingsOf(values).spec.backend?.tls;
}

describe('TLS towards the nodes', () => {
  test.each<readonly [Values, BackendTls | undefined]>([
    [{ 'backend-protocol': 'HTTP' }, undefined],
    [https, { mode: 'InsecureSkipVerify' }],
    [{ 'backend-protocol': 'https' }, { mode: 'InsecureSkipVerify' }],
    [{ ...https, 'proxy-ssl-verify': 'off' }, { mode: 'InsecureSkipVerify' }],
    [verified, { mode: 'Verify' }],
    [
      { ...verified, 'proxy-ssl-secret': 'mattermost/ca', 'proxy-ssl-name': 'Mm.internal' },
      {
        mode: 'Verify',
        clientCertificateRef: { name: 'ca' },
        caRef: { kind: 'Secret', name: 'ca' },
        serverName: 'mm.internal',
      },
    ],
    [
      { ...https, 'proxy-ssl-secret': 'ca' },
      { mode: 'InsecureSkipVerify', clientCertificateRef: { name: 'ca' } },
    ],
    [
      { ...verified, 'proxy-ssl-protocols': 'TLSv1.2 TLSv1.3' },
      { mode: 'Verify', minVersion: '1.2' },
    ],
    [
      { ...verified, 'proxy-ssl-protocols': 'TLSv1.3' },
      { mode: 'Verify', minVersion: '1.3' },
    ],
    [{ ...verified, 'proxy-ssl-server-name': 'on' }, { mode: 'Verify' }],
  ])('%j', (values, tls) => {
    expect(tlsOf(values)).toEqual(tls);
    expect(saidOf(settingsOf(values))).toEqual([]);
  });

  test.each<readonly [Values, BackendTls | undefined, said: string]>([
    [{ 'backend-protocol': 'GRPC' }, undefined, 'AnnotationUnsupported backend-protocol'],
    [{ 'backend-protocol': '' }, undefined, 'AnnotationUnsupported backend-protocol'],
    [
      { 'backend-protocol': 'GRPCS' },
      { mode: 'InsecureSkipVerify' },
      'AnnotationUnsupported backend-protocol',
    ],
    [{ ...https, 'proxy-ssl-verify': 'yes' }, { mode: 'Verify' }, 'AnnotationInvalid proxy-ssl-verify'],
    [{ ...verified, 'proxy-ssl-name': 'a b' }, { mode: 'Verify' }, 'AnnotationInvalid proxy-ssl-name'],
    [
      { ...verified, 'proxy-ssl-protocols': 'TLSv1.1 TLSv1.3' },
      { mode: 'Verify', minVersion: '1.2' },
      'AnnotationUnsupported proxy-ssl-protocols',
    ],
    [
      { ...verified, 'proxy-ssl-protocols': 'TLSv1.3,TLSv1.2' },
      { mode: 'Verify' },
      'AnnotationInvalid proxy-ssl-protocols',
    ],
  ])('%j is said', (values, tls, said) => {
    expect(tlsOf(values)).toEqual(tls);
    expect(saidOf(settingsOf(values))).toEqual([said]);
  });

  test.each(['other/ca', 'a/b/c', '', 'Mattermost/CA', 'mattermost/', '/ca'])(
    'a Secret that may not be used, %j, closes the site',
    (secret) => {
      const settings = settingsOf({ ...https, 'proxy-ssl-secret': secret });
      expect(saidOf(settings)).toEqual(['UnsupportedRestriction proxy-ssl-secret']);
      expect(settings.spec.backend?.tls?.clientCertificateRef).toBeUndefined();
    },
  );

  test.each(['proxy-ssl-secret', 'proxy-ssl-verify', 'proxy-ssl-name', 'proxy-ssl-protocols'])(
    '%s has no meaning over plain HTTP',
    (name) => {
      const settings = settingsOf({ [name]: 'on' });
      expect(settings.spec).toEqual({});
      expect(saidOf(settings)).toEqual([`AnnotationInvalid ${name}`]);
    },
  );
});

describe('load-balance', () => {
  test.each([
    ['round_robin', { backend: { loadBalancing: 'RoundRobin' } }, []],
    ['ewma', {}, []],
    ['ip_hash', {}, ['AnnotationInvalid load-balance']],
  ])('%s', (value, spec, said) => {
    const settings = settingsOf({ 'load-balance': value });
    expect(settings.spec).toEqual(spec);
    expect(saidOf(settings)).toEqual(said);
  });
});
