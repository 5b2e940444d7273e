// TLS Secrets with real certificates: what is served, what is refused, what stays in use.
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { Secret } from '../api/objects.ts';
import {
  type CertificateReading,
  CertificateShelf,
  parseCertificates,
  takeCertificate,
} from './certificates.ts';
import type { Problem } from './problem.ts';
import { brief, secret } from './test-objects.ts';

const KEY = 'chat/tls';
const NOW_MS = Date.parse('2026-11-22T12:00:00Z');

type Pair = { readonly crt: string; readonly key: string };

async function makePair(hosts: readonly string[], options: object = {}): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: 'subject.example.com' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate: new Date('2030-01-01T00:00:00Z'),
    extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
    ...options,
  });
  return { crt: made.cert, key: made.private };
}

const chat = await makePair(['chat.example.com']);
const wildcard = await makePair(['*.example.com']);
const expired = await makePair(['chat.example.com'], { notAfterDate: new Date('2026-11-22T12:00:00Z') });
const weak = await makePair(['chat.example.com'], { keyType: 'rsa', keySize: 1024 });

function tls({ crt, key }: Pair): Secret {
  return secret(KEY, { 'tls.crt': crt, 'tls.key': key });
}

function read(object: Secret | undefined, before?: CertificateReading): CertificateReading | undefined {
  const secrets = new Map(object === undefined ? [] : [[KEY, object]]);
  const remembered = new Map(before === undefined ? [] : [[KEY, before]]);
  return new CertificateShelf({ secrets, remembered, nowMs: NOW_MS }).get(KEY);
}

function take(reading: CertificateReading | undefined, hosts: readonly string[] = ['chat.example.com']) {
  const problems: Problem[] = [];
  const readings = new Map(reading === undefined ? [] : [[KEY, reading]]);
  const use = { key: KEY, field: 'ref', hosts };
  return { certificate: takeCertificate(use, readings, (problem) => problems.push(problem)), problems };
}

describe('a Secret that can be read', () => {
  test('gives chain, key and end of validity', () => {
    expect(take(read(tls(chat)))).toEqual({
      certificate: {
        key: KEY,
        chain: new X509Certificate(chat.crt).toString(),
        privateKey: chat.key,
        notAfterMs: Date.parse('2030-01-01T00:00:00Z'),
      },
      problems: [],
    });
  });

  test('gives its whole chain, leaf first, without the text between', () => {
    const crt = `subject=chat\n${chat.crt}\nissuer\n${wildcard.crt}`;
    const { certificate } = take(read(tls({ crt, key: chat.key })));
    expect(certificate?.chain.match(/BEGIN CERTIFICATE/gu)).toHaveLength(2);
    expect(new X509Certificate(certificate?.chain ?? '').checkHost('chat.example.com')).toBeDefined();
  });

  test('is not parsed again while it stays the same', () => {
    const first = read(tls(chat));
    expect(read(tls(chat), first)?.good).toBe(first?.good);
    expect(read(tls(wildcard), first)?.good).not.toBe(first?.good);
  });

  test('gives the same reading while nothing about it changes, and another when its time is over', () => {
    const first = read(tls(chat));
    expect(read(tls(chat), first)).toBe(first);
    const secrets = new Map([[KEY, tls(chat)]]);
    const remembered = new Map(first === undefined ? [] : [[KEY, first]]);
    const later = new CertificateShelf({ secrets, remembered, nowMs: Date.parse('2031-01-01T00:00:00Z') });
    expect(later.get(KEY)).toMatchObject({ isExpired: true });
    expect(first).toMatchObject({ isExpired: false });
  });

  test('is read when it is first asked for, and only then', () => {
    const shelf = new CertificateShelf({
      secrets: new Map([[KEY, tls(chat)]]),
      remembered: new Map(),
      nowMs: NOW_MS,
    });
    expect([...shelf.readings.keys()]).toEqual([]);
    const reading = shelf.get(KEY);
    expect(shelf.get(KEY)).toBe(reading);
    expect([...shelf.readings.keys()]).toEqual([KEY]);
  });
});

describe('a Secret that cannot be used', () => {
  const cases: readonly (readonly [string, Secret | undefined, string])[] = [
    ['missing', undefined, 'SecretNotFound ref'],
    ['without keys', secret(KEY, {}), 'SecretInvalid ref'],
    ['rubbish for a certificate', tls({ crt: 'rubbish', key: chat.key }), 'SecretInvalid ref'],
    [
      'a broken certificate',
      tls({ crt: chat.crt.replace(/\n.{20}/u, '\n'), key: chat.key }),
      'SecretInvalid ref',
    ],
    [
      'a broken certificate behind a good one',
      tls({ crt: `${chat.crt}\n-----BEGIN CERTIFICATE-----\nAAAA\n`, key: chat.key }),
      'SecretInvalid ref',
    ],
    ['rubbish for a key', tls({ crt: chat.crt, key: 'rubbish' }), 'SecretInvalid ref'],
    ['the key of another certificate', tls({ crt: chat.crt, key: wildcard.key }), 'SecretInvalid ref'],
    [
      'a chain in the wrong order',
      tls({ crt: `${wildcard.crt}\n${chat.crt}`, key: chat.key }),
      'SecretInvalid ref',
    ],
    ['a key that OpenSSL refuses', tls(weak), 'SecretInvalid ref'],
    [
      'an authority in the chain whose key OpenSSL refuses',
      tls({ crt: `${chat.crt}\n${weak.crt}`, key: chat.key }),
      'SecretInvalid ref',
    ],
    [
      'data that is no base64',
      { ...secret(KEY, {}), data: { 'tls.crt': chat.crt, 'tls.key': chat.key } },
      'SecretInvalid ref',
    ],
  ];

  test.each(cases)('%s: told, and no certificate', (_, object, expected) => {
    const { certificate, problems } = take(read(object));
    expect(certificate).toBeUndefined();
    expect(brief(problems)).toEqual([expected]);
    expect(problems[0]?.severity).toBe('error');
    expect(JSON.stringify(problems)).not.toContain('PRIVATE');
  });

  test.each(cases)('%s: the last good certificate stays in use', (_, object, expected) => {
    const { certificate, problems } = take(read(object, read(tls(chat))));
    expect(certificate?.privateKey).toBe(chat.key);
    expect(brief(problems)).toEqual([expected]);
    expect(problems[0]?.message).toContain('last good certificate stays in use');
  });
});

describe('warnings', () => {
  test.each([
    ['the same name', chat, 'chat.example.com', []],
    ['another name', chat, 'team.example.com', ['CertificateNames ref']],
    ['a wildcard for one label', wildcard, 'team.example.com', []],
    ['a wildcard for two labels', wildcard, 'a.team.example.com', ['CertificateNames ref']],
    ['a wildcard for its own parent', wildcard, 'example.com', ['CertificateNames ref']],
    ['a wildcard host', wildcard, '*.example.com', []],
    ['an exact name for a wildcard host', chat, '*.example.com', ['CertificateNames ref']],
    ['the subject does not count', chat, 'subject.example.com', ['CertificateNames ref']],
    ['one label', wildcard, 'localhost', ['CertificateNames ref']],
    ['the last moment has passed', expired, 'chat.example.com', ['CertificateExpired ref']],
  ])('%s', (_, pair, host, expected) => {
    const { certificate, problems } = take(read(tls(pair)), [host]);
    expect(certificate).toBeDefined();
    expect(brief(problems)).toEqual(expected);
  });
});

test('parseCertificates reads all or nothing', () => {
  expect(parseCertificates(`${chat.crt}\n${wildcard.crt}`)).toHaveLength(2);
  expect(parseCertificates('')).toBeUndefined();
  expect(parseCertificates(`${chat.crt}\n-----BEGIN CERTIFICATE-----`)).toBeUndefined();
});
