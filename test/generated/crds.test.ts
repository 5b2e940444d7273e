// The files of crds/: what is committed is what the schema says, and their YAML reads the same for everybody.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { generate, generatedFiles } from '../../crds/generate.ts';
import { policyCrd } from '../../src/api/crd.ts';
import { RULES } from '../../src/api/policy-rules.ts';
import { checkPolicy } from '../../src/api/validate.ts';
import { DESIGN_POLICY } from './design-policy.ts';

const root = join(import.meta.dirname, '../..');
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with all generated files, as a URL that can be resolved against. */
function writtenFolder(): { readonly path: string; readonly url: URL } {
  const path = mkdtempSync(join(tmpdir(), 'crds-'));
  made.push(path);
  for (const { name, content } of generatedFiles()) writeFileSync(join(path, name), content);
  return { path, url: pathToFileURL(`${path}/`) };
}

/** Runs the generator in a folder; what it printed, and its exit code. */
async function run(options: readonly string[], folder: URL) {
  const lines: string[] = [];
  const code = await generate(options, folder, (stream, line) => lines.push(`${stream}: ${line}`));
  return { code, lines };
}

describe('the CRD', () => {
  const yaml = readFileSync(join(root, 'crds/mattermostingresspolicies.yaml'), 'utf8');

  test.each(['1.1', '1.2'] as const)('reads back as it was, in YAML %s', (version) => {
    expect(parse(yaml, { version })).toEqual(JSON.parse(JSON.stringify(policyCrd())));
  });

  test('has the names of the design', () => {
    expect(policyCrd()).toMatchObject({
      metadata: { name: 'mattermostingresspolicies.mattermost-ingress.io' },
      spec: {
        group: 'mattermost-ingress.io',
        names: { plural: 'mattermostingresspolicies', shortNames: ['mmip'], categories: ['mattermost'] },
        versions: [{ name: 'v1alpha1', subresources: { status: {} } }],
      },
    });
  });

  test('shows the columns of the design', () => {
    const columns = parse(yaml).spec.versions[0].additionalPrinterColumns;
    expect(columns.map(({ name }: { readonly name: string }) => name)).toEqual([
      'Summary',
      'Endpoints',
      'Accepted',
      'Reason',
      'Programmed',
      'Age',
    ]);
  });
});

describe('YAML as people write it', () => {
  test('is valid where it says nothing but what this version honours', () => {
    expect(checkPolicy(parse(DESIGN_POLICY)).issues).toEqual([]);
  });

  test.each([
    ['sourceCIDRs: [192.0.2.0/24, 2001:db8::/32]', 'sourceCIDRs: []', 'spec.admission.rules[0].sourceCIDRs'],
    ['minVersion: "1.2", hsts', 'minVersion: 1.2, hsts', 'spec.client.tls.minVersion'],
    ['  admission:\n', '  admision:\n', 'spec.admision'],
    ['defaultAction: Deny', 'defaultAction:', 'spec.admission.defaultAction'],
    ['idleTimeout: 1h', 'idleTimeout: 60s', 'spec.websocket.idleTimeout'],
  ])('%j written as %j is found at its field', (good, bad, field) => {
    expect(DESIGN_POLICY).toContain(good);
    const { policy, issues } = checkPolicy(parse(DESIGN_POLICY.replace(good, bad)));
    expect(policy).toBeUndefined();
    expect(issues.map((issue) => issue.field)).toContain(field);
  });
});

describe('the field reference', () => {
  const text = readFileSync(join(root, 'crds/README.md'), 'utf8');

  test('begins with a policy that is valid', () => {
    const example = /```yaml\n(?<example>.*?)```/su.exec(text)?.groups?.['example'] ?? '';
    const { policy, issues } = checkPolicy(parse(example));
    expect(issues).toEqual([]);
    expect(policy?.metadata).toEqual({ name: 'chat', namespace: 'mattermost' });
  });

  test('has tables with as many cells in each row as in the head', () => {
    const tables = text.split('\n\n').filter((block) => block.startsWith('| '));
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((row) => row.split(/(?<!\\)\|/u).length);
      expect(new Set(widths).size, table.slice(0, 60)).toBe(1);
    }
  });

  test('names every rule', () => {
    expect(Object.keys(RULES).filter((id) => !text.includes(`| \`${id}\` |`))).toEqual([]);
  });
});

describe('generate', () => {
  test('writes what it then finds to be up to date', async () => {
    const { path, url } = writtenFolder();
    for (const { name } of generatedFiles()) rmSync(join(path, name));
    const lines = ['out: Wrote crds/mattermostingresspolicies.yaml', 'out: Wrote crds/README.md'];
    expect(await run([], url)).toEqual({ code: 0, lines });
    expect(await run(['--check'], url)).toEqual({ code: 0, lines: [] });
  });

  test('--check names what was edited and what is missing, and writes nothing', async () => {
    const { path, url } = writtenFolder();
    writeFileSync(join(path, 'README.md'), 'edited');
    rmSync(join(path, 'mattermostingresspolicies.yaml'));
    expect(await run(['--check'], url)).toEqual({
      code: 1,
      lines: [
        'error: File crds/mattermostingresspolicies.yaml is not what src/api says; run: npm run generate',
        'error: File crds/README.md is not what src/api says; run: npm run generate',
      ],
    });
    expect(readFileSync(join(path, 'README.md'), 'utf8')).toBe('edited');
  });

  test.each([['--chekc'], ['--check', 'more'], ['crds']])(
    'refuses the options %j before anything is written',
    async (...options) => {
      const { path, url } = writtenFolder();
      writeFileSync(join(path, 'README.md'), 'edited');
      const { code, lines } = await run(options, url);
      expect([code, lines[0]]).toEqual([2, expect.stringContaining(`Unknown options ${options.join(' ')}`)]);
      expect(readFileSync(join(path, 'README.md'), 'utf8')).toBe('edited');
    },
  );

  test('--help says what it does', async () => {
    const { code, lines } = await run(['--help'], writtenFolder().url);
    expect([code, lines]).toEqual([0, [expect.stringContaining('--check')]]);
  });

  test('runs as a program, and finds that what is committed is up to date', () => {
    const options = { cwd: root, encoding: 'utf8', timeout: 15_000 } as const;
    const { status, stderr } = spawnSync(process.execPath, ['crds/generate.ts', '--check'], options);
    expect([status, stderr]).toEqual([0, '']);
  });
});
