// `explain` as people run it, against manifests: what it says, what it reads, and what it never prints.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EXPLAINED_ADMISSION as admission,
  explain,
  explained,
  FROM,
  SECRET,
} from '../support/explain-command.ts';
import { hostOf, secret, site, yamlOf } from '../support/manifest-builders.ts';

/** Of the shape of a session. */
const ID = 'canary0of0a0cookie00000001';
const url = `http://${hostOf('chat')}/api/v4/users/me?token=canary&x=1`;
let folder = '';
let manifests = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
  manifests = join(folder, 'manifests.yaml');
  const places = [0, 1, 2].map((at) => ({ name: `node-${at}`, port: 8065 }));
  const objects = [...site('chat', places, { admission }), secret('preauth', { current: SECRET })];
  writeFileSync(manifests, yamlOf(...objects));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('against manifests', () => {
  test('who is let in, by which rule, and where to', async () => {
    const { code, out } = await explain([
      url,
      ...FROM,
      '--manifests',
      manifests,
      '-H',
      `X-Preauth: ${SECRET}`,
      '-b',
      `MMAUTHTOKEN=${ID}`,
    ]);
    expect(code).toBe(0);
    expect(out).toContain('Enforce: rule app, by the key current: Allow');
    expect(out).toContain(
      'office (Allow): does not match\n               no  sourceCIDRs: 203.0.113.7 is in none of 127.0.0.1',
    );
    expect(out).toContain('dropped: x-preauth, a secret of admission goes no further');
    expect(out).toContain('?token=...&x=...');
    expect(out).toMatch(/^ {13}-> node-\d /m);
  });

  test('who is refused, why each rule did not match, and what the client sees', async () => {
    const { code, out } = await explain([
      'POST',
      url,
      ...FROM,
      '--manifests',
      manifests,
      '-H',
      'X-Preauth: canary-wrong',
      '-H',
      'X-Text: canary',
    ]);
    expect(code).toBe(1);
    expect(out).toContain('is answered here with 403 (admission)');
    expect(out).toContain('its value is that of none of the keys of the Secret: current');
    expect(out).toContain('its value is none of the 1 value wanted (Contains)');
    expect(out).toContain('x-reject-reason: pre-auth');
    expect(out).toContain('{"id":"ingress.admission"');
  });

  test('a folder, standard input, and several of them', async () => {
    for (const args of [
      ['--manifests', folder],
      ['--manifests', '-'],
    ]) {
      const { out } = await explain([url, ...FROM, ...args], yamlOf(...site('chat', [], { admission })));
      expect(out).toContain('(admission)');
    }
  });

  test('for tools, the same as one JSON object', async () => {
    const found = await explained([
      `ws://${hostOf('chat')}/api/v4/websocket`,
      ...FROM,
      '--manifests',
      manifests,
      '-b',
      `MMAUTHTOKEN=${ID}`,
    ]);
    expect(found).toMatchObject({
      outcome: 'forward',
      request: { isWebSocket: true, cookies: ['MMAUTHTOKEN'] },
      site: { kind: 'MattermostIngressPolicy', namespace: 'test', name: 'chat', hostMatch: 'exact' },
      admission: { rule: 'socket', needs101: true },
      persistence: { result: 'source', setsCookie: true },
      answer: { closesConnection: false },
    });
    expect(found.endpoints?.isLive).toBe(false);
  });

  test('what the wire refuses is refused, with its reason', async () => {
    const found = await explained([
      url,
      ...FROM,
      '--manifests',
      manifests,
      '-H',
      'Content-Length: 1',
      '-H',
      'Transfer-Encoding: chunked',
    ]);
    expect(found).toMatchObject({ outcome: 'answer', answer: { status: 400, reason: 'request-malformed' } });
    expect(found.notes).toContain('Content-Length and Transfer-Encoding');
  });

  test('options of run count, from flags and from the environment', async () => {
    const args = [
      'GET',
      url,
      '--from',
      '10.0.0.1',
      '-H',
      'X-Forwarded-For: 127.0.0.1',
      '--manifests',
      manifests,
    ];
    expect((await explain(args)).code).toBe(1);
    expect((await explain([...args, '--trusted-proxies', '10.0.0.0/8'])).out).toContain(
      '127.0.0.1, as the trusted proxy 10.0.0.1 says',
    );
    expect((await explain(args, '', { MATTERMOST_INGRESS_TRUSTED_PROXIES: '10.0.0.0/8' })).code).toBe(0);
  });

  test('mistakes in the manifests are told with what may come of them', async () => {
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, yamlOf(...site('chat', [], { admission: { defaultAction: 'Allowed' } })));
    const { code, out } = await explain([url, ...FROM, '--manifests', broken]);
    rmSync(broken);
    expect(code).toBe(1);
    expect(out).toContain('held at 503: policy-invalid');
    expect(out).toContain(
      'Mistake of MattermostIngressPolicy test/chat spec.admission.defaultAction [Invalid]',
    );
  });

  test('an object of another class that names the host is told of where nobody serves it', async () => {
    const classes = join(folder, 'classes.yaml');
    const route = { hosts: [hostOf('chat')], service: { name: 'chat', port: 8065 } };
    const policy = {
      apiVersion: 'mattermost-ingress.io/v1alpha1',
      kind: 'MattermostIngressPolicy',
      metadata: { name: 'chat', namespace: 'test' },
      spec: { ingressClassName: 'matermost', route, admission: { defaultAction: 'Allow' } },
    };
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'test' },
      spec: { rules: [{ host: hostOf('chat') }, { host: 'other.example.com' }] },
    };
    writeFileSync(classes, yamlOf(policy, ingress));
    const { out } = await explain([url, ...FROM, '--manifests', classes]);
    expect(out).toContain(
      'MattermostIngressPolicy test/chat names this host, and is of class matermost, which is not served. Did you mean mattermost?',
    );
    expect(out).toContain('Ingress test/web names this host, and has no class: it is not served');
    const asIt = await explain([url, ...FROM, '--manifests', classes, '--take-over-class', 'matermost']);
    expect(asIt.out).not.toContain('MattermostIngressPolicy test/chat names this host');
    const elsewhere = await explain(['http://third.example.com/', ...FROM, '--manifests', classes]);
    expect(elsewhere.out).not.toContain('names this host');
    rmSync(classes);
  });

  test.each([
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [{}, false],
  ])('colours: %j', async (env, hasColours) => {
    const { out } = await explain([url, ...FROM, '--manifests', manifests], '', env);
    expect(out.includes('\u001b[')).toBe(hasColours);
  });
});

describe('a request from a file', () => {
  const har = {
    log: {
      entries: [
        {
          request: {
            method: 'GET',
            url,
            httpVersion: 'HTTP/1.1',
            headers: [{ name: 'X-Preauth', value: SECRET }],
          },
        },
      ],
    },
  };

  test.each([
    ['a curl command', `curl '${url}' \\\n  -H 'X-Preauth: ${SECRET}' --compressed`],
    ['a curl command behind a prompt', `$ curl '${url}' -H 'X-Preauth: ${SECRET}'`],
    ['a HAR file', JSON.stringify(har)],
  ])('%s', async (_, content) => {
    const found = await explained(['--file', '-', ...FROM, '--manifests', manifests], content);
    expect(found.admission).toMatchObject({ rule: 'app', secretKeys: ['current'] });
    const file = join(folder, 'pasted.txt');
    writeFileSync(file, content);
    const other = await explained([
      '--file',
      file,
      ...FROM,
      '--manifests',
      manifests,
      '-H',
      'X-Preauth: canary',
    ]);
    expect(other.admission?.rules[1]?.conditions[0]?.why).toBe('it is sent 2 times, once is wanted');
  });

  test.each([
    ["curl 'https://a.test' -H 'X: canary", "Standard input: line 1, column 26: the quote ' is never closed"],
    ["$ curl 'https://a.test' --foo", 'column 25: the option --foo is not understood'],
    ["curl 'https://a.test' -H 'X: canary' --foo", 'column 38: the option --foo is not understood'],
    ['{"log": {"entries": [canary', 'Standard input: line 1, column 22: this is not JSON'],
    ['fetch("https://canary.test")', 'this was copied as fetch: copy as cURL (bash), or as HAR'],
    ['canary', 'this is neither a curl command nor a HAR file (JSON)'],
    ['\u0000\u001b[31mcurl', 'this is neither'],
  ])('%j cannot be read', async (content, problem) => {
    const { code, out, error } = await explain(['--file', '-', ...FROM, '--manifests', manifests], content);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(problem);
  });
});

describe('wrong usage ends with 2 and the next step', () => {
  test.each([
    [[], 'Say which request'],
    [[url, 'GET', ...FROM], 'URL and METHOD are swapped: write explain METHOD URL, such as'],
    [['chat.example.com/', 'get', ...FROM], 'such as explain GET https://chat.example.com/'],
    [[url, ...FROM, '--manifests', '/nowhere.yaml'], '/nowhere.yaml: The file does not exist'],
    [[...FROM, '--file', '/nowhere.txt', '--manifests', 'a'], '/nowhere.txt: The file does not exist'],
    [[url, ...FROM, '--manifests', 'a', '--admin', 'b'], 'exclude each other'],
    [[url, ...FROM, '--trusted-proxies', 'all', '--manifests', 'a'], '--trusted-proxies "all"'],
    [[...FROM, '--file', '/dev/zero', '--manifests', 'a'], '/dev/zero is larger than 256 MiB'],
    [[url, ...FROM, '--manifests', '/dev/zero'], '/dev/zero is larger than 256 MiB'],
    [[url, ...FROM, '--body-bytes', 'many'], 'Give a whole number'],
    [[url, ...FROM, '--form', 'x'], "unknown option '--form'"],
    [
      [url, ...FROM, '--sticky-key-file', import.meta.filename, '--manifests', '-'],
      'must hold one key a line',
    ],
    [[url, ...FROM], 'There is nothing to explain against'],
    [[url, ...FROM, '--manifests', '/\u001b[2J.yaml'], '/\\x1b[2J.yaml'],
    [
      [url, ...FROM, '--admin', 'http://u:canary@127.0.0.1:1'],
      'http://127.0.0.1:1/api/explain cannot be asked',
    ],
    [
      [url, ...FROM, '--admin', 'http://127.0.0.1:1'],
      'http://127.0.0.1:1/api/explain cannot be asked: connect ECONNREFUSED 127.0.0.1:1',
    ],
  ])('%j', async (args, problem) => {
    const { code, out, error } = await explain(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(problem);
    expect(error).toContain('See mattermost-ingress explain --help');
  });
});
