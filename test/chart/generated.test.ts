// What is generated of the chart and deploy/: up to date, complete, and noticed when it is not.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { generateChart, generatedFiles } from '../../scripts/chart.ts';
import { plainCrd } from '../../scripts/chart-crd.ts';
import { findHelm } from '../../scripts/chart-helm.ts';
import { readValues } from '../../scripts/chart-readme.ts';
import { policyCrd } from '../../src/api/crd.ts';
import { identity, needHelm, only, type Rendered, render } from './rendering.ts';

const root = join(import.meta.dirname, '../..');
const MANIFESTS = 'deploy/mattermost-ingress.yaml';
const noHelm = { kind: 'absent', reason: 'no Helm in this test' } as const;
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A tree with chart and deploy/ that a test may spoil. */
function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chart-tree-'));
  made.push(folder);
  for (const path of ['charts', 'deploy']) cpSync(join(root, path), join(folder, path), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  return folder;
}

function run(options: readonly string[], tree: string, helm: ReturnType<typeof findHelm> = noHelm) {
  const lines: string[] = [];
  const print = (stream: string, line: string) => lines.push(`${stream}: ${line}`);
  return { code: generateChart(options, tree, { helm, print }), lines };
}

describe('what is committed', () => {
  test('is what the tree says, by its digest', () => {
    expect(run(['--check'], root)).toEqual({
      code: 0,
      lines: [`out: ${MANIFESTS} is compared by its digest alone: no Helm in this test`],
    });
  });

  test('is what Helm renders', (context) => {
    needHelm(context);
    expect(run(['--check'], root, findHelm(process.env))).toEqual({ code: 0, lines: [] });
  });

  test('has one version everywhere', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    const chart: unknown = parse(readFileSync(join(root, 'charts/mattermost-ingress/Chart.yaml'), 'utf8'));
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});

describe('--check', () => {
  test.each([...generatedFiles(root).keys()])('notices that %s was edited', (path) => {
    const tree = copyOfTree();
    const isSource = path.startsWith('deploy/monitoring/');
    writeFileSync(
      join(tree, path),
      isSource ? 'edited' : `${readFileSync(join(tree, path), 'utf8')}\n# edited\n`,
    );
    const { code, lines } = run(['--check'], tree);
    expect([code, lines[0]]).toEqual([
      1,
      `error: File ${path} is not what it is made from; run: npm run generate`,
    ]);
  });

  test.each([
    ['a template', 'charts/mattermost-ingress/templates/service.yaml'],
    ['a default', 'charts/mattermost-ingress/values.yaml'],
    ['a new file', 'charts/mattermost-ingress/templates/new.yaml'],
  ])('notices without Helm that %s of the chart changed', (_title, path) => {
    const tree = copyOfTree();
    writeFileSync(join(tree, path), '# edited\n', { flag: 'a' });
    const { code, lines } = run(['--check'], tree);
    expect(code).toBe(1);
    expect(lines).toContain(`error: File ${MANIFESTS} is not what it is made from; run: npm run generate`);
  });

  test('notices with Helm that the manifests were edited', (context) => {
    needHelm(context);
    const tree = copyOfTree();
    writeFileSync(join(tree, MANIFESTS), '# edited\n', { flag: 'a' });
    expect(run(['--check'], tree).code).toBe(0);
    expect(run(['--check'], tree, findHelm(process.env)).code).toBe(1);
  });
});

describe('without options', () => {
  test('writes what it then finds to be up to date', (context) => {
    needHelm(context);
    const tree = copyOfTree();
    rmSync(join(tree, 'deploy'), { recursive: true });
    const helm = findHelm(process.env);
    expect(run([], tree, helm).lines).toContain(`out: Wrote ${MANIFESTS}`);
    expect(run(['--check'], tree, helm)).toEqual({ code: 0, lines: [] });
  });

  test('without Helm leaves manifests that are up to date, and fails where they are not', () => {
    const tree = copyOfTree();
    expect(run([], tree)).toMatchObject({ code: 0 });
    writeFileSync(join(tree, 'charts/mattermost-ingress/templates/new.yaml'), '');
    const { code, lines } = run([], tree);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe(`error: Did not write ${MANIFESTS}: no Helm in this test`);
  });

  test.each([['--chekc'], ['--check', 'more']])(
    'refuses the options %j before anything is written',
    (...options) => {
      const tree = copyOfTree();
      mkdirSync(join(tree, 'deploy'), { recursive: true });
      writeFileSync(join(tree, 'deploy/crd.yaml'), 'edited');
      expect(run(options, tree).code).toBe(2);
      expect(readFileSync(join(tree, 'deploy/crd.yaml'), 'utf8')).toBe('edited');
    },
  );
});

describe('the CRD of the chart', () => {
  test('is the CRD, with labels and annotations', (context) => {
    needHelm(context);
    const { metadata, ...rest } = only(render(), 'CustomResourceDefinition');
    const { metadata: plain, ...wanted } = JSON.parse(JSON.stringify(policyCrd())) as Rendered;
    expect(rest).toEqual(wanted);
    expect(metadata.name).toBe(plain.name);
  });

  test('is the CRD alone in deploy/', () => {
    expect(parse(plainCrd())).toEqual(JSON.parse(JSON.stringify(policyCrd())));
  });
});

describe('deploy/mattermost-ingress.yaml', () => {
  const objects = parseAllDocuments(readFileSync(join(root, MANIFESTS), 'utf8')).map(
    (document) => document.toJS() as Rendered,
  );

  test('begins with its namespace, which demands the profile restricted', () => {
    expect(objects[0]).toMatchObject({
      kind: 'Namespace',
      metadata: {
        name: 'mattermost-ingress',
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    });
  });

  test('has nothing of Helm, and no data in Secrets', () => {
    expect(readFileSync(join(root, MANIFESTS), 'utf8')).not.toMatch(/helm/iu);
    expect(objects.filter(({ kind }) => kind === 'Secret').map((secret) => Object.keys(secret))).toEqual(
      Array.from({ length: 2 }, () => ['apiVersion', 'kind', 'metadata', 'type']),
    );
  });

  test('has the objects of the chart', (context) => {
    needHelm(context);
    const release = { name: 'mattermost-ingress', namespace: 'mattermost-ingress' };
    const rendered = render({ crds: { enabled: false } }, release).map(identity);
    expect(objects.slice(1).map(identity).toSorted()).toEqual(rendered.toSorted());
  });
});

describe('readValues', () => {
  test.each([
    ['# A.\na: 1\n', [{ name: 'a', fallback: '1', meaning: 'A.' }]],
    ['# Of the file.\n\n# A.\n# More.\na: {}\n', [{ name: 'a', fallback: '{}', meaning: 'A. More.' }]],
    ['a:\n  # B.\n  b: x\n', [{ name: 'a.b', fallback: '"x"', meaning: 'B.' }]],
    ['# A.\na:\n  b: [1]\n', [{ name: 'a', fallback: '{"b":[1]}', meaning: 'A.' }]],
    ['a:\n  b:\n    # C.\n    c: null\n', [{ name: 'a.b.c', fallback: 'null', meaning: 'C.' }]],
  ])('%j', (yaml, rows) => {
    expect(readValues(yaml)).toEqual(rows);
  });

  test.each([
    ['a: 1\n', 'Value a has no comment'],
    ['# A.\na: 1\nb: 2\n', 'Value b has no comment'],
    ['a:\n  # B.\n  b: 1\n  c: 2\n', 'Value a.c has no comment'],
    ['- a\n', 'Values must be one YAML map'],
  ])('%j is refused', (yaml, message) => {
    expect(() => readValues(yaml)).toThrow(message);
  });
});
