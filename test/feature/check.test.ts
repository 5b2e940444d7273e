// `check` as a process of its own: what it finds, what it leaves out, and what it reads.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';

const ROOT = join(import.meta.dirname, '../..');
const GOOD = `
apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: mattermost}
spec:
  route: {hosts: [chat.example.com], service: {name: mattermost, port: 8065}}
  admission: {defaultAction: Allow}
`;
const BAD = `# two mistakes, one of them in a nested field
${GOOD.replace('defaultAction', 'defaultActon').replace('8065', '80650')}`;
const RESTRICTED = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: chat
  namespace: mattermost
  annotations: {nginx.ingress.kubernetes.io/auth-url: https://login.example.com/, kubernetes.io/ingress.class: nginx}
spec: {rules: [{host: chat.example.com}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: unnamed, namespace: mattermost}
spec: {rules: [{host: unnamed.example.com}]}
`;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await writeFile(join(folder, 'good.yaml'), GOOD);
  await writeFile(join(folder, 'bad.yaml'), BAD);
});

afterAll(() => rm(folder, { recursive: true }));

function run(args: readonly string[], input = '') {
  return runCommand(args, { home: folder, input });
}

describe('check', () => {
  test('finds nothing wrong with what is right', async () => {
    const { code, out } = await run(['check', '--allow-missing', join(folder, 'good.yaml')]);
    expect({ code, out }).toEqual({ code: 0, out: '0 errors, 0 warnings in 1 policy of 1 file\n' });
  });

  test('names file, line, object, field, reason and remedy of each mistake', async () => {
    const { code, out } = await run(['check', '--allow-missing', join(folder, 'bad.yaml')]);
    expect(code).toBe(1);
    expect(out).toContain(
      `${join(folder, 'bad.yaml')}:7: error: MattermostIngressPolicy mattermost/chat spec.route.service.port [Invalid]`,
    );
    expect(out).toMatch(
      /spec\.admission\.defaultActon \[Invalid\]\n {4}Unknown field\n {4}Did you mean defaultAction\?/,
    );
    expect(out).toMatch(/3 errors, 0 warnings in 1 policy of 1 file\n$/);
  });

  test('says the same for tools', async () => {
    const { code, out } = await run(['check', '--json', folder]);
    const { errors, files, findings } = JSON.parse(out) as {
      errors: number;
      files: number;
      findings: object[];
    };
    expect({ code, files }).toEqual({ code: 1, files: 2 });
    expect(findings).toHaveLength(errors);
    expect(findings).toContainEqual(expect.objectContaining({ reason: 'ObjectDuplicate' }));
  });

  test('misses Services and Secrets unless they may live elsewhere', async () => {
    const { code, out } = await run(['check', '-'], GOOD);
    expect(code).toBe(1);
    expect(out).toMatch(/^standard input:6: error: .*\[ServiceNotFound\]/);
  });

  test('Ingresses of other classes are left out by name, and looked at where they are to be taken over', async () => {
    const restricted = await run(['check', '--allow-missing', '-'], RESTRICTED);
    expect(restricted).toMatchObject({
      code: 0,
      out: `0 errors, 0 warnings in 0 policies and 2 Ingresses of 1 file
Left out: 1 Ingress of class nginx (mattermost/chat). To check it as well: --take-over-class nginx
Left out: 1 Ingress without a class (mattermost/unnamed). Name one in ingressClassName.
`,
    });
    for (const flag of ['--take-over-class', '--ingress-class']) {
      const { code, out } = await run(['check', '--json', '--allow-missing', flag, 'nginx', '-'], RESTRICTED);
      expect({ code, ...JSON.parse(out) }, flag).toMatchObject({
        code: 1,
        findings: [{ reason: 'UnsupportedRestriction' }],
        leftOut: [{ kind: 'Ingress', namespace: 'mattermost', name: 'unnamed' }],
      });
    }
  });

  test('annotations of other controllers are told of, and those that keep somebody out close the site', async () => {
    const annotated = (annotation: string) =>
      RESTRICTED.replace(/nginx.ingress[^,]*/u, annotation).replace('class: nginx', 'class: mattermost');
    for (const [annotation, code, reason] of [
      ['alb.ingress.kubernetes.io/scheme: internal', 0, 'AnnotationUnsupported'],
      ['appgw.ingress.kubernetes.io/request-timeout: "60"', 0, 'AnnotationUnsupported'],
      ['konghq.com/strip-path: "true"', 0, 'AnnotationUnsupported'],
      ['alb.ingress.kubernetes.io/inbound-cidrs: 192.0.2.0/24', 1, 'UnsupportedRestriction'],
      ['appgw.ingress.kubernetes.io/waf-policy-for-path: office', 1, 'UnsupportedRestriction'],
      ['konghq.com/plugins: ip-restriction', 1, 'UnsupportedRestriction'],
      ['ingress.kubernetes.io/whitelist-source-range: 192.0.2.0/24', 1, 'UnsupportedRestriction'],
      ['cert-manager.io/cluster-issuer: acme', 0, undefined],
    ] as const) {
      const result = await run(['check', '--json', '--allow-missing', '-'], annotated(annotation));
      const { findings } = JSON.parse(result.out) as { findings: { reason: string }[] };
      const wanted = reason === undefined ? [] : [reason];
      expect([result.code, findings.map((each) => each.reason)], annotation).toEqual([code, wanted]);
    }
  });

  test('policies of other classes are left out by name, with the class that was probably meant', async () => {
    const ofClass = (name: string, className: string) =>
      GOOD.replace('name: chat', `name: ${name}`).replace('spec:', `spec:\n  ingressClassName: ${className}`);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ofClass(name, 'other'));
    const input = [ofClass('mistyped', 'matermost'), ...names].join('---\n');
    const { code, out } = await run(['check', '--allow-missing', '-'], input);
    expect({ code, out }).toEqual({
      code: 0,
      out: `0 errors, 0 warnings in 8 policies of 1 file
Left out: 1 policy of class matermost (mattermost/mistyped). Did you mean mattermost? To check it as it is: --take-over-class matermost
Left out: 7 policies of class other (mattermost/a, mattermost/b, mattermost/c, mattermost/d, mattermost/e and 2 more). To check them as well: --take-over-class other
`,
    });
    const json = await run(['check', '--json', '--allow-missing', '-'], ofClass('mistyped', 'matermost'));
    expect({ code: json.code, ...JSON.parse(json.out) }).toMatchObject({
      code: 0,
      leftOut: [
        {
          kind: 'MattermostIngressPolicy',
          namespace: 'mattermost',
          name: 'mistyped',
          ingressClassName: 'matermost',
        },
      ],
    });
    const taken = await run(['check', '--allow-missing', '--ingress-class', 'matermost', '-'], input);
    expect(taken.out).not.toContain('mistyped');
  });

  test('an unreadable file is a usage error', async () => {
    const { code, error } = await run(['check', join(folder, 'absent\u001b[2J.yaml')]);
    expect(code).toBe(2);
    // Its name must not steer the terminal.
    expect(error).toContain(join(folder, String.raw`absent\x1b[2J.yaml`));
  });

  test('a pipe is read to its end, as a shell gives it for <(kubectl get ...)', async () => {
    // More than a pipe holds at once, so that it has to be waited for.
    await writeFile(join(folder, 'long.txt'), `${'#\n'.repeat(1024 * 1024)}${GOOD}`);
    const program = `exec "$0" "$1" check --allow-missing <(cat "$2")`;
    const args = [process.execPath, join(ROOT, 'src/main.ts'), join(folder, 'long.txt')];
    const { stdout, status } = spawnSync('bash', ['-c', program, ...args], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '0 errors, 0 warnings in 1 policy of 1 file\n', status: 0 });
  });

  test('a device without end is given up', async () => {
    const { code, error } = await run(['check', '/dev/zero']);
    expect({ code, error }).toMatchObject({ code: 2 });
    expect(error).toContain('/dev/zero is larger than 256 MiB');
  });

  test('the example of the README is right', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(await run(['check', '--allow-missing', '-'], example)).toMatchObject({ code: 0 });
  });
});

describe('what is written by others steers no terminal', () => {
  const name = 'forged\u001b[2J\u009b31m\u202e\n0 errors.yaml';
  const shown = String.raw`forged\x1b[2J\x9b31m\x202e\x0a0 errors.yaml`;
  const text = `${GOOD.replace('admission:', '"\\e[2J\\n0 errors": 1\n  admission:')}---
${RESTRICTED.replace('class: nginx', 'class: "nginx\\e[2J\\n0 errors"')}`;
  let other = '';

  beforeAll(async () => {
    other = await mkdtemp(join(tmpdir(), 'cli-'));
    await writeFile(join(other, name), text);
    await writeFile(join(other, `broken-${name}`), 'a: [');
  });
  afterAll(() => rm(other, { recursive: true }));

  // oxlint-disable-next-line no-control-regex
  const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|^0 errors/mu;

  test('names of files, fields and classes in check', async () => {
    const { code, out, error } = await run(['check', '--allow-missing', other]);
    expect({ code, error }).toEqual({ code: 1, error: '' });
    expect(out).toContain(`${join(other, shown)}:7: error: MattermostIngressPolicy mattermost/chat spec`);
    expect(out).toContain(
      String.raw`of class nginx\x1b[2J\x0a0 errors (mattermost/chat). Correct it: no IngressClass`,
    );
    expect(out).not.toMatch(STEERING);
  });

  test('the JSON of check, which still says them as they are', async () => {
    const { out } = await run(['check', '--json', '--allow-missing', other]);
    expect(out.trimEnd()).not.toMatch(STEERING);
    const { findings } = JSON.parse(out) as { findings: { location?: { file: string } }[] };
    expect(findings.map(({ location }) => location?.file)).toContain(join(other, name));
  });

  test.each([
    ['check', 'absent'],
    ['migrate', 'broken'],
    ['migrate', 'absent'],
    ['migrate f5 --answers', 'broken'],
    ['explain --from 192.0.2.1 --file', 'absent'],
    ['explain --from 192.0.2.1 --file', 'broken'],
  ])('names of files in complaints of %s, of one that is %s', async (command, kind) => {
    const { code, out, error } = await run([...command.split(' '), join(other, `${kind}-${name}`)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(join(other, `${kind}-${shown}`));
    expect(error).not.toMatch(STEERING);
  });

  test('options that a shell made of names of files', async () => {
    const { code, error } = await run(['check', `--${name}`]);
    expect(code).toBe(2);
    expect(error).toContain(`unknown option '--${shown}'`);
    expect(error).not.toMatch(STEERING);
  });
});
