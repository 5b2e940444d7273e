// A folder of manifests as the only source: what is saved is served, what is broken hurts only itself.
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hasFields } from '../support/log-lines.ts';
import { type Manifest, site, yamlOf } from '../support/manifest-builders.ts';
import { RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;
let port = 0;

beforeAll(async () => {
  const node = await scene.node('node');
  port = node.port;
  controller = await scene.controller({ objects: open('neighbour') });
});
afterAll(() => scene.end());

function open(name: string): readonly Manifest[] {
  return site(name, [{ name: 'node', port }]);
}

function closed(name: string): readonly Manifest[] {
  return site(name, [{ name: 'node', port }], { admission: { defaultAction: 'Deny' } });
}

async function statusOf(name: string): Promise<number> {
  return (await controller.get(`${name}.example.com`, '/')).status;
}

/** A policy with the admission of a test, each line of it where the test can count it. */
function writtenPolicy(name: string, ...admission: readonly string[]): string {
  return [
    'apiVersion: mattermost-ingress.io/v1alpha1',
    'kind: MattermostIngressPolicy',
    `metadata: {name: ${name}, namespace: test}`,
    'spec:',
    '  route:',
    `    hosts: [${name}.example.com]`,
    `    service: {name: ${name}, port: 8065}`,
    '  admission:',
    ...admission,
    '',
  ].join('\n');
}

describe('a folder', () => {
  test('is served as it changes: new files, edited files, files in folders, removed files', async () => {
    expect(await statusOf('edited')).toBe(404);
    await controller.apply('eu/edited.yaml', ...open('edited'));
    expect(await statusOf('edited')).toBe(200);
    await controller.apply('eu/edited.yaml', ...closed('edited'));
    expect(await statusOf('edited')).toBe(403);
    controller.remove('eu/edited.yaml');
    await controller.settled();
    expect(await statusOf('edited')).toBe(404);
    expect(await statusOf('neighbour')).toBe(200);
  });

  test('takes a file that is renamed into its place, as editors save', async () => {
    await controller.apply('renamed.yaml', ...open('renamed'));
    // Not a name of a manifest: it is seen when it has its final one.
    controller.write('.renamed.yaml.swp', yamlOf(...closed('renamed')));
    renameSync(join(controller.folder, '.renamed.yaml.swp'), join(controller.folder, 'renamed.yaml'));
    await controller.settled();
    expect(await statusOf('renamed')).toBe(403);
  });

  test('that goes away leaves everything as it is until it is back', async () => {
    const gone = await scene.controller({ objects: open('kept') });
    const status = async (name: string) => (await gone.get(`${name}.example.com`, '/')).status;
    renameSync(gone.folder, `${gone.folder}-away`);
    const line = await gone.logged({ reason: 'FileUnreadable' });
    expect(line['msg']).toContain('all objects of its last good version stay');
    expect(await status('kept')).toBe(200);
    renameSync(`${gone.folder}-away`, gone.folder);
    await gone.apply('more.yaml', ...open('more'));
    expect([await status('kept'), await status('more')]).toEqual([200, 200]);
  });

  test('takes effect soon, and without ending a connection', async () => {
    await controller.apply('soon.yaml', ...open('soon'));
    const connection = new RawConnection(controller.raw());
    const request = requestText('GET /', 'soon.example.com');
    const took: number[] = [];
    for (let round = 0; round < 9; round++) {
      const isOpen = round % 2 === 1;
      const startMs = performance.now();
      await controller.apply('soon.yaml', ...(isOpen ? open('soon') : closed('soon')));
      took.push(performance.now() - startMs);
      connection.received = '';
      connection.send(request);
      await connection.until((text) => text.startsWith(`HTTP/1.1 ${isOpen ? 200 : 403} `));
    }
    connection.socket.destroy();
    const medianMs = took.toSorted((a, b) => a - b)[4] ?? 0;
    console.log(
      `save to effect: median ${Math.round(medianMs)} ms of ${took.length} (promised: under 300 ms)`,
    );
    // By its event: the folder is looked at every two seconds without one. A busy machine may hold up all but one.
    expect(Math.min(...took)).toBeLessThan(1_500);
  });
});

describe('a broken file', () => {
  test.each([
    [
      'a misspelt field',
      ['    defaultActoin: Deny'],
      { line: 9, field: 'spec.admission.defaultActoin', reason: 'Invalid' },
    ],
    [
      'a bad network',
      [
        '    rules:',
        '    - {name: office, sourceCIDRs: [192.0.2.7/24], action: Allow}',
        '    defaultAction: Deny',
      ],
      { line: 10, field: 'spec.admission.rules[0].sourceCIDRs[0]', reason: 'Invalid' },
    ],
    [
      'an action that does not exist',
      ['    defaultAction: Maybe'],
      { line: 9, field: 'spec.admission.defaultAction', reason: 'Invalid' },
    ],
  ])('%s: its own site answers 503, the log says where', async (what, admission, finding) => {
    const name = what.replaceAll(' ', '-');
    await controller.apply(`${name}.yaml`, ...open(name));
    controller.write(`${name}.yaml`, writtenPolicy(name, ...admission));
    await controller.settled();
    const object = { kind: 'MattermostIngressPolicy', namespace: 'test', name };
    const line = await controller.logged({ object, field: finding.field });
    expect(line).toEqual({
      level: 50,
      time: expect.any(Number),
      object,
      location: { file: join(controller.folder, `${name}.yaml`), line: finding.line },
      field: finding.field,
      reason: finding.reason,
      remedy: expect.stringMatching(/\w/),
      msg: expect.stringMatching(/\w/),
    });
    expect([await statusOf(name), await statusOf('neighbour')]).toEqual([503, 200]);
    await controller.apply(`${name}.yaml`, ...open(name));
    expect(await statusOf(name)).toBe(200);
  });

  test('text that is no YAML: its objects stay as they were, the log says file and line', async () => {
    await controller.apply('torn.yaml', ...closed('torn'));
    controller.write('torn.yaml', 'apiVersion: v1\nkind: [Service\n');
    const location = { file: join(controller.folder, 'torn.yaml'), line: 3 };
    const line = await controller.logged({ level: 50, reason: 'YAMLInvalid', location });
    expect(line['msg']).toContain('keeps the objects of its last good version');
    await controller.apply('beside.yaml', ...open('beside'));
    expect([await statusOf('torn'), await statusOf('beside')]).toEqual([403, 200]);
  });

  test('an empty file keeps its last good objects; deleting it removes them', async () => {
    await controller.apply('emptied.yaml', ...open('emptied'));
    controller.write('emptied.yaml', '');
    const line = await controller.logged(({ msg }) => String(msg).startsWith('The file is empty'));
    expect(line).toMatchObject({ reason: 'FileUnreadable', remedy: 'Delete the file to remove its objects' });
    await controller.apply('another.yaml', ...open('another'));
    expect(await statusOf('emptied')).toBe(200);
    controller.remove('emptied.yaml');
    await controller.settled();
    expect(await statusOf('emptied')).toBe(404);
  });

  test('one bad document of a file: the others of the file are served', async () => {
    const bad = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x', namespace: 'test' }, spec: 7 };
    await controller.apply('mixed.yaml', bad, ...open('mixed'));
    await controller.logged({ object: { kind: 'Service', namespace: 'test', name: 'x' }, field: 'spec' });
    expect(await statusOf('mixed')).toBe(200);
  });

  test('what is wrong is said once, not at each change', async () => {
    controller.write('said.yaml', writtenPolicy('said', '    defaultAction: Perhaps'));
    await controller.settled();
    await controller.apply('change.yaml', ...open('change'));
    await controller.apply('change.yaml', ...closed('change'));
    const object = { kind: 'MattermostIngressPolicy', namespace: 'test', name: 'said' };
    const said = controller.log.all.filter(hasFields({ object, field: 'spec.admission.defaultAction' }));
    expect(said).toHaveLength(1);
    expect((await controller.metrics()).sum('configuration_findings', { severity: 'error' })).toBeGreaterThan(
      0,
    );
  });
});

test('a file that is still being saved neither opens nor removes its site', async () => {
  await controller.apply('saving.yaml', ...closed('saving'));
  const [policy, ...others] = open('saving');
  // As JSON, a part of it is never whole by accident.
  const text = JSON.stringify(policy);
  const file = join(controller.folder, 'saving.yaml');
  const generation = controller.served;
  const mark = controller.log.all.length;
  writeFileSync(file, '');
  // With the policy's beginning in one write: without it the file would be a whole one, and its policy removed.
  appendFileSync(file, `${yamlOf(...others)}---\n${text.slice(0, 16)}`);
  const seen = new Set<number>();
  for (let at = 16; at < text.length; at += 16) {
    appendFileSync(file, text.slice(at, Math.min(at + 16, text.length - 1)));
    await turn();
    seen.add(await statusOf('saving'));
  }
  expect([...seen]).toEqual([403]);
  appendFileSync(file, text.slice(-1));
  await controller.logged((line) => Number(line['generation']) > generation, mark);
  await eventually(async () => expect(await statusOf('saving')).toBe(200));
  expect(controller.log.all.slice(mark).map(({ msg }) => msg)).not.toContain('policy removed');
});
