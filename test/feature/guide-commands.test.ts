// The looks that guides tell people to take, taken at a running controller: their commands word for word, with a kubectl
// that has its log, a curl and an openssl that find it at its port. And the changes that they tell people to make.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRecord } from '../../src/api/json-access.ts';
import { filesBelow } from '../architecture/walker.ts';
import { makeCertificate } from '../support/certificates.ts';
import { errorsOf } from '../support/checked.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { guideBlocks } from '../support/guide.ts';
import { hostOf, policy, site, tlsSecret, yamlOf } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const scene = new Scene();
let controller: ControllerProcess;
let tools = '';

function guide(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

beforeAll(async () => {
  const node = await scene.node('node');
  const places = [{ name: 'node', port: node.port }];
  const pair = await makeCertificate(hostOf('chat'));
  const chat = { route: { tls: { secretName: 'chat-tls' } }, admission: { defaultAction: 'Deny' } };
  controller = await scene.controller({
    objects: [
      ...site('chat', places, chat),
      ...site('open', places),
      ...site('watched', places, { admission: { mode: 'Observe', defaultAction: 'Deny' } }),
      ...site('limited', places, { limits: { requestsPerSecond: 1, burst: 1 } }),
      tlsSecret('chat-tls', pair),
    ],
  });
  tools = mkdtempSync(join(tmpdir(), 'guide-tools-'));
  writeFileSync(join(tools, 'ca.pem'), pair.certificate);
  await makeNews(pair.certificate);
  await writeTools();
});
afterAll(async () => {
  rmSync(tools, { recursive: true, force: true });
  await scene.end();
});

/** Something for each of the looks to find. */
async function makeNews(ca: string): Promise<void> {
  await controller.get(hostOf('chat'), '/refused', { ca });
  await controller.get(hostOf('watched'), '/observed');
  // However long each of them takes.
  await eventually(async () => expect((await controller.get(hostOf('limited'), '/')).status).toBe(429));
  const talk = await controller.open(hostOf('open'));
  talk.socket.close();
  // Workers write apart: what is looked for must be there before the log is copied.
  await controller.logged({ path: '/refused' });
  await controller.logged({ path: '/observed' });
  await controller.logged({ msg: 'websocket closed' });
  await controller.logged({ status: 429 });
}

async function writeTools(): Promise<void> {
  const tool = (name: string, script: string) => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(tools, name), 0o755);
  };
  writeFileSync(join(tools, 'log'), controller.stdout);
  const { adminPort: admin } = await controller.logged({ msg: 'controller started' });
  const https = controller.port('https');
  const real = async (name: string) => (await run('which', [name])).stdout.trim();
  tool(
    'kubectl',
    `case "$*" in
*port-forward*) exit 0;;
*" exec "*)
  while [ "$1" != -- ]; do shift; done
  shift 3
  for word; do shift; [ "$word" = http://localhost:10254 ] && word=http://127.0.0.1:${String(admin)}; set -- "$@" "$word"; done
  exec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@";;
*" logs "*--prefix*) sed 's/^/[pod\\/x\\/controller] /' "${tools}/log";;
*" logs "*) cat "${tools}/log";;
*) echo "no cluster here: $*" >&2; exit 1;;
esac`,
  );
  tool(
    'curl',
    `exec ${await real('curl')} --cacert "${tools}/ca.pem" --connect-to localhost:10254:127.0.0.1:${String(admin)} \\
  --connect-to chat.example.com:443:127.0.0.1:${https} "$@"`,
  );
  tool(
    'openssl',
    `[ "$1 $2" = "s_client -connect" ] && shift 3 && exec ${await real('openssl')} s_client -connect 127.0.0.1:${https} "$@"
exec ${await real('openssl')} "$@"`,
  );
}

/** The one script of the page in which this stands, without the lines that need a cluster. */
function scriptWith(page: string, words: string): string {
  const scripts = guideBlocks(guide(page)).filter(
    ({ language, text }) => language === 'sh' && text.includes(words),
  );
  expect(scripts.map(({ line }) => line)).toHaveLength(1);
  const lines = (scripts[0]?.text ?? '').replaceAll(/\\\n\s*/gu, '').split('\n');
  return lines
    .filter((line) => !/^kubectl .*(?:\bget\b|\bdescribe\b|\bpatch\b|\bapply\b)/u.test(line))
    .join('\n');
}

describe('a look', () => {
  test.each([
    [
      'docs/preauthentication.md',
      '"action":"Deny","mode":"Observe"',
      /^ +1 127\.0\.0\.1\tGET\t\/observed$/mu,
    ],
    ['docs/troubleshooting.md', '"reason":"admission"', /^ +1 127\.0\.0\.1\tdefault\tGET\t\/refused$/mu],
    ['docs/troubleshooting.md', 'REQUEST_ID', /^\[pod\/x\/controller\] \{.*"path":"\/refused"/mu],
    ['docs/troubleshooting.md', '"msg":"websocket closed"', /^ +1 client-closed\t127\.0\.0\.1$/mu],
    ['docs/troubleshooting.md', ' explain ', /^is answered here with 403 \(admission\)$/mu],
    ['docs/troubleshooting.md', 'Sec-WebSocket-Key', /^HTTP\/1\.1 403 [\s\S]*ingress\.admission/mu],
    [
      'docs/troubleshooting.md',
      'affinity_decisions_total',
      /"state": "[a-z-]+"[\s\S]*_total\{.*result="(?:balanced|source)"/mu,
    ],
    ['docs/troubleshooting.md', 'openssl s_client', /^subject=CN ?= ?chat\.example\.com$/mu],
    ['docs/troubleshooting.md', 'grep -c', /^[1-9]\d+$/mu],
    ['docs/runbook.md', '"status":429', /^ +\d 127\.0\.0\.1\ttoo-many-requests$/mu],
    ['docs/runbook.md', '(faults_total|', /"ready":true[\s\S]*"generation"/mu],
  ])('of %s at %s', async (page, words, found) => {
    const { requestId } = await controller.logged({ path: '/refused' });
    const script = scriptWith(page, words).replaceAll('REQUEST_ID', String(requestId));
    const env = { PATH: `${tools}:${process.env['PATH']}` };
    await eventually(async () =>
      expect((await run('sh', ['-c', `${script}\n:`], { env })).stdout).toMatch(found),
    );
  });
});

/** RFC 7386, as `kubectl patch --type merge` does it. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const base = isRecord(target) ? target : {};
  const entries = Object.entries(patch).map(([name, value]) => [name, merged(base[name], value)] as const);
  return { ...base, ...Object.fromEntries(entries) };
}

test('every patch of a policy gives one that is valid', () => {
  const patches = filesBelow(ROOT, 'docs', '.md').flatMap((page) =>
    [...guide(page).matchAll(/patch mmip \S+ --type merge -p '([^']+)'/gu)].map(([, text = '']) => text),
  );
  expect(patches.length).toBeGreaterThan(4);
  const wrong = patches.flatMap((text) => {
    const whole = merged(policy('chat'), JSON.parse(text)) as Readonly<Record<string, unknown>>;
    return errorsOf(yamlOf(whole)).map((error) => `${text}: ${error}`);
  });
  expect(wrong).toEqual([]);
});

test('every query is one that Prometheus understands', async (context) => {
  const queries = filesBelow(ROOT, 'docs', '.md').flatMap((page) =>
    guideBlocks(guide(page))
      .filter(({ language }) => language === 'promql')
      .flatMap(({ text }) => text.trimEnd().split('\n')),
  );
  expect(queries.length).toBeGreaterThan(2);
  const rules = queries.map((expr, at) => ({ record: `guide:query_${at}`, expr }));
  writeFileSync(join(tools, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'guide', rules }] }));
  const judged = run('promtool', ['check', 'rules', join(tools, 'rules.yaml')]);
  const missing = await judged.then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  if (missing) context.skip('promtool is not installed');
  await judged;
});
