// Certificates of the golden cases: made once a run, named in the case files and never written there.
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

type Pair = { readonly certificate: string; readonly key: string };

/** Text for text: what a case file writes, and what stands for it in the objects and comes back from them. */
export type Fixtures = {
  /** Replaces `<certificate NAME>` and `<key NAME>`. */
  readonly fill: (text: string) => string;
  /** The reverse, so that no key is ever written to a file. */
  readonly redact: (text: string) => string;
};

const WANTED = {
  chat: { hosts: ['chat.example.com'], until: '2036-01-01T00:00:00Z' },
  renewed: { hosts: ['chat.example.com'], until: '2037-01-01T00:00:00Z' },
  wildcard: { hosts: ['*.example.com'], until: '2036-01-01T00:00:00Z' },
  expired: { hosts: ['chat.example.com'], until: '2025-01-01T00:00:00Z' },
  nodes: { hosts: ['mattermost.chat.svc'], until: '2036-01-01T00:00:00Z' },
} as const;

/** Makes all of them; short keys of elliptic curves, so that it costs nothing. */
export async function makeFixtures(): Promise<Fixtures> {
  const texts = new Map<string, string>();
  for (const [name, { hosts, until }] of Object.entries(WANTED)) {
    const pair = await makePair(hosts, new Date(until));
    texts.set(`<certificate ${name}>`, pair.certificate);
    texts.set(`<key ${name}>`, pair.key);
  }
  const places = new Map([...texts].map(([place, text]) => [text, place]));
  return { fill: (text) => texts.get(text) ?? text, redact: (text) => places.get(text) ?? text };
}

async function makePair(hosts: readonly string[], notAfterDate: Date): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate,
    extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
  });
  return { certificate: new X509Certificate(cert).toString(), key };
}
