// Which certificates of clients annotations ask for; whatever cannot be said closes the site.
import { describe, expect, test } from 'vitest';
import { saidOf, settingsOf } from './test-reading.ts';

type Values = Readonly<Record<string, string>>;

const SECRET = 'mattermost/devices';

function askedFor(values: Values): string | undefined {
  const { mode, caRef } = settingsOf(values).spec.client?.clientCertificate ?? {};
  return mode === undefined ? undefined : `${mode} ${caRef?.kind}/${caRef?.name}`;
}

describe('certificates of clients', () => {
  test.each<readonly [Values, asked: string | undefined]>([
    [{ 'auth-tls-secret': SECRET }, 'Require Secret/devices'],
    [{ 'auth-tls-secret': ` ${SECRET} `, 'auth-tls-verify-client': ' on ' }, 'Require Secret/devices'],
    [{ 'auth-tls-secret': 'devices' }, 'Require Secret/devices'],
    [{ 'auth-tls-secret': SECRET, 'auth-tls-verify-client': 'optional' }, 'Optional Secret/devices'],
    [{ 'auth-tls-secret': SECRET, 'auth-tls-verify-client': 'off' }, undefined],
    [{ 'auth-tls-secret': 'other/ca', 'auth-tls-verify-client': 'off' }, undefined],
    [{ 'auth-tls-verify-client': 'off' }, undefined],
    [
      { 'auth-tls-secret': SECRET, 'auth-tls-pass-certificate-to-upstream': 'false' },
      'Require Secret/devices',
    ],
  ])('%j', (values, asked) => {
    expect(askedFor(values)).toBe(asked);
    expect(saidOf(settingsOf(values))).toEqual([]);
  });

  test.each(['ON', 'true', 'required', '', 'toString', 'optional_no', 'Off'])(
    'are demanded where ingress-nginx does not know the word, %j',
    (word) => {
      const values = { 'auth-tls-secret': SECRET, 'auth-tls-verify-client': word };
      expect(askedFor(values)).toBe('Require Secret/devices');
      expect(saidOf(settingsOf(values))).toEqual(['AnnotationInvalid auth-tls-verify-client']);
    },
  );

  test.each(['auth-tls-verify-depth', 'auth-tls-error-page'])('are demanded whatever %s says', (name) => {
    const values = { 'auth-tls-secret': SECRET, [name]: '3' };
    expect(askedFor(values)).toBe('Require Secret/devices');
    expect(saidOf(settingsOf(values))).toEqual([`AnnotationUnsupported ${name}`]);
  });
});

describe('the site is closed', () => {
  test.each<readonly [Values, string]>([
    ...['other/ca', 'a/b/c', '', 'Mattermost/CA', 'mattermost/', '/ca'].map(
      (secret) => [{ 'auth-tls-secret': secret }, 'auth-tls-secret'] as const,
    ),
    [{ 'auth-tls-secret': 'other/ca', 'auth-tls-verify-client': 'optional' }, 'auth-tls-secret'],
    [{ 'auth-tls-secret': SECRET, 'auth-tls-verify-client': 'optional_no_ca' }, 'auth-tls-verify-client'],
    [{ 'auth-tls-verify-client': 'optional_no_ca' }, 'auth-tls-verify-client'],
    [{ 'auth-tls-verify-client': 'on' }, 'auth-tls-verify-client'],
    [{ 'auth-tls-verify-client': 'optional' }, 'auth-tls-verify-client'],
    [{ 'auth-tls-verify-client': 'no' }, 'auth-tls-verify-client'],
    [{ 'auth-tls-secret': SECRET, 'auth-tls-match-cn': 'CN=phone' }, 'auth-tls-match-cn'],
    [
      { 'auth-tls-secret': SECRET, 'auth-tls-pass-certificate-to-upstream': 'true' },
      'auth-tls-pass-certificate-to-upstream',
    ],
    [
      { 'auth-tls-secret': SECRET, 'auth-tls-pass-certificate-to-upstream': 'yes' },
      'auth-tls-pass-certificate-to-upstream',
    ],
    [{ 'auth-tls-secret': SECRET, 'auth-tls-verify': 'on' }, 'auth-tls-verify'],
  ])('by %j', (values, name) => {
    expect(saidOf(settingsOf(values))).toEqual([`UnsupportedRestriction ${name}`]);
  });
});
