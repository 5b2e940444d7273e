// The source on a real folder with real events. Rescans are set far away where an event must do the work.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Clock } from '../model/clock.ts';
import type { ObjectSource } from '../model/object-source.ts';
import { createManifestSource, timing } from './source.ts';

let directory = '';
let sources: ObjectSource[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
  sources = [];
});
afterEach(async () => {
  await Promise.all(sources.map((source) => source.close()));
  rmSync(directory, { recursive: true, force: true });
});

const clock = { epochMs: () => Date.now(), monotonicMs: () => performance.now() };
const never = 3_600_000;

/** What `onChange` found each time: the port of each Service by name. */
type States = Readonly<Record<string, number | undefined>>[];

async function open(
  options: { rescanMs?: number; clock?: Clock } = {},
): Promise<{ source: ObjectSource; states: States }> {
  const failures: unknown[] = [];
  const source = createManifestSource({
    directory,
    clock: options.clock ?? clock,
    rescanMs: options.rescanMs ?? never,
    onError: (error) => failures.push(error),
  });
  sources.push(source);
  const states: States = [];
  await source.start(() => states.push(portsIn(source)));
  expect(failures).toEqual([]);
  return { source, states };
}

function portsIn(source: ObjectSource): Readonly<Record<string, number | undefined>> {
  const services = [...source.objects().services.values()];
  return Object.fromEntries(services.map(({ metadata, ports }) => [metadata.name, ports[0]?.port]));
}

function service(name: string, port: number): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: ${port}}]}\n---\n`;
}

function write(name: string, content: string): void {
  writeFileSync(join(directory, name), content);
}

/** Polls densely, for at most what a loaded machine may need. */
async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 5 });
}

test('the waits add up to less than 300 ms', () => {
  const { eventDelayMs, settleMs, holdMs } = timing;
  expect(settleMs).toBe(50);
  // A look may come just before the hold is over, the next one a pause later.
  expect(eventDelayMs + settleMs + holdMs + settleMs).toBeLessThan(250);
});

describe('start', () => {
  test('the first set is there when it resolves, without a change being told', async () => {
    mkdirSync(join(directory, 'sub'));
    write('a.yaml', service('a', 1));
    write(
      'sub/b.json',
      '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}}',
    );
    const { source, states } = await open();
    expect(portsIn(source)).toEqual({ a: 1 });
    expect(source.objects().secrets.get('default/s')?.data).toEqual({ k: 'dg==' });
    expect(source.findings()).toEqual([]);
    expect(source.locate({ kind: 'Service', namespace: 'default', name: 'a' }, 'spec.ports[0]')).toEqual({
      file: join(directory, 'a.yaml'),
      line: 4,
    });
    expect(states).toEqual([]);
  });

  test('an empty folder is an empty set', async () => {
    const { source } = await open();
    expect(portsIn(source)).toEqual({});
  });

  test.each([
    { name: 'missing', path: 'x', message: 'The folder does not exist (ENOENT). Create it, or ' },
    { name: 'a file', path: 'a.yaml', message: 'The folder is not a folder (ENOTDIR). Name the folder' },
  ])('a folder that is $name is an error with its path', async ({ path, message }) => {
    write('a.yaml', '');
    const source = createManifestSource({ directory: join(directory, path), clock });
    await expect(source.start(() => {})).rejects.toThrow(
      `Cannot read the manifests folder ${join(directory, path)}: ${message}`,
    );
    await source.close();
  });

  test('twice is an error', async () => {
    const { source } = await open();
    await expect(source.start(() => {})).rejects.toThrow('The manifests source was started twice');
  });
});

describe('events', () => {
  test('a saved file, a new file and a new subfolder take effect', async () => {
    write('a.yaml', service('a', 1));
    const { source, states } = await open();
    write('a.yaml', service('a', 2));
    await eventually(() => expect(portsIn(source)).toEqual({ a: 2 }));
    mkdirSync(join(directory, 'sub'));
    write('sub/b.yaml', service('b', 1));
    await eventually(() => expect(portsIn(source)).toEqual({ a: 2, b: 1 }));
    write('sub/b.yaml', service('b', 2));
    await eventually(() => expect(portsIn(source)).toEqual({ a: 2, b: 2 }));
    expect(states).toEqual([{ a: 2 }, { a: 2, b: 1 }, { a: 2, b: 2 }]);
  });

  test('several files saved together are one change', async () => {
    const { states } = await open();
    for (const name of ['a', 'b', 'c']) write(`${name}.yaml`, service(name, 1));
    await eventually(() => expect(states).toEqual([{ a: 1, b: 1, c: 1 }]));
  });

  test('a file written in two steps never shows its half', async () => {
    write('a.yaml', service('a', 1) + service('b', 1));
    const { states } = await open();
    write('a.yaml', service('a', 2));
    await turn();
    write('a.yaml', service('a', 2) + service('b', 2));
    await eventually(() => expect(states).toEqual([{ a: 2, b: 2 }]));
  });

  test('a save by rename, and one that moves the old file away first, never lose the object', async () => {
    write('a.yaml', service('a', 1));
    const { states } = await open();
    write('a.yaml.tmp', service('a', 2));
    renameSync(join(directory, 'a.yaml.tmp'), join(directory, 'a.yaml'));
    await eventually(() => expect(states).toEqual([{ a: 2 }]));
    renameSync(join(directory, 'a.yaml'), join(directory, 'a.yaml~'));
    write('a.yaml', service('a', 3));
    await eventually(() => expect(states).toEqual([{ a: 2 }, { a: 3 }]));
  });

  test('a deleted file takes its objects with it', async () => {
    write('a.yaml', service('a', 1));
    write('b.yaml', service('b', 1));
    const { states } = await open();
    rmSync(join(directory, 'a.yaml'));
    await eventually(() => expect(states).toEqual([{ b: 1 }]));
  });

  test('twenty rapid saves end in the last state, and ports only rise on the way', async () => {
    write('a.yaml', service('a', 1));
    const { states } = await open();
    for (let port = 2; port <= 21; port += 1) {
      write('a.yaml', service('a', port));
      await turn();
    }
    await eventually(() => expect(states.at(-1)).toEqual({ a: 21 }));
    const ports = states.map(({ a }) => a ?? 0);
    expect(ports).toEqual(ports.toSorted((a, b) => a - b));
  });

  test('a ConfigMap swap as the kubelet does it is one change', async () => {
    const mount = (version: string, port: number): void => {
      mkdirSync(join(directory, version));
      write(`${version}/a.yaml`, service('a', port));
      write(`${version}/b.yaml`, service('b', port));
      symlinkSync(version, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    };
    mount('..v1', 1);
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, join(directory, name));
    const { source, states } = await open();
    expect(portsIn(source)).toEqual({ a: 1, b: 1 });
    mount('..v2', 2);
    rmSync(join(directory, '..v1'), { recursive: true });
    await eventually(() => expect(states).toEqual([{ a: 2, b: 2 }]));
    expect(source.findings()).toEqual([]);
  });

  test('what settled waits for a file that is still changing, so that both are one change', async () => {
    write('a.yaml', service('a', 1));
    let port = 1;
    let changesLeft = 0;
    // Time stands still, so that the wait for others has no end; each look asks once how late it is, and finds that the
    // file has changed again.
    const changeAtLook = (): number => {
      if (changesLeft > 0) {
        changesLeft -= 1;
        write('a.yaml', service('a', ++port));
      }
      return clock.epochMs();
    };
    const { states } = await open({ clock: { epochMs: changeAtLook, monotonicMs: () => 0 } });
    changesLeft = 5;
    write('a.yaml', service('a', ++port));
    write('b.yaml', service('b', 1));
    await eventually(() => expect(changesLeft).toBe(0));
    await eventually(() => expect(states).toEqual([{ a: port, b: 1 }]));
  });

  test('a file that never rests holds up no other for long', async () => {
    write('a.yaml', service('a', 1));
    const { source } = await open();
    let port = 2;
    const writer = setInterval(() => write('a.yaml', service('a', port++)), 2);
    try {
      write('b.yaml', service('b', 1));
      await eventually(() => expect(portsIn(source)).toMatchObject({ b: 1 }));
    } finally {
      clearInterval(writer);
    }
    await eventually(() => expect(portsIn(source)).toEqual({ a: port - 1, b: 1 }));
  });
});

describe('without events', () => {
  test('a link to a file outside the folder is looked at again at intervals', async () => {
    mkdirSync(join(directory, '.elsewhere'));
    write('.elsewhere/a.yaml', service('a', 1));
    symlinkSync('.elsewhere/a.yaml', join(directory, 'a.yaml'));
    const { states } = await open({ rescanMs: 20 });
    write('.elsewhere/a.yaml', service('a', 2));
    await eventually(() => expect(states).toEqual([{ a: 2 }]));
  });

  test('a folder that was away is watched again when it is back', async () => {
    write('a.yaml', service('a', 1));
    const { source, states } = await open({ rescanMs: 20 });
    renameSync(directory, `${directory}-away`);
    await eventually(() => expect(source.findings()).toHaveLength(1));
    expect(source.findings()[0]).toMatchObject({ reason: 'FileUnreadable', location: { file: directory } });
    expect(portsIn(source)).toEqual({ a: 1 });
    renameSync(`${directory}-away`, directory);
    await eventually(() => expect(source.findings()).toEqual([]));
    write('a.yaml', service('a', 2));
    await eventually(() => expect(states.at(-1)).toEqual({ a: 2 }));
  });
});

describe('what is told', () => {
  test('a broken file: a change of the findings alone, the objects are the same value', async () => {
    write('a.yaml', service('a', 1));
    const { source, states } = await open();
    const before = source.objects();
    write('a.yaml', 'password: "hunter2');
    await eventually(() => expect(states).toHaveLength(1));
    expect(source.objects()).toBe(before);
    expect(source.findings()).toMatchObject([
      { reason: 'YAMLInvalid', location: { file: join(directory, 'a.yaml'), line: 1 } },
    ]);
    expect(JSON.stringify(source.findings())).not.toContain('hunter2');
  });

  test('a rewrite that changes nothing is not told; the set stays the same value', async () => {
    write('a.yaml', service('a', 1));
    const { source, states } = await open();
    const before = source.objects();
    write('a.yaml', `# moved down by a line\n${service('a', 1)}`);
    await eventually(() =>
      expect(source.locate({ kind: 'Service', namespace: 'default', name: 'a' }, '')?.line).toBe(2),
    );
    expect(source.objects()).toBe(before);
    expect(states).toEqual([]);
  });

  test('nothing after close', async () => {
    write('a.yaml', service('a', 1));
    const { source, states } = await open();
    write('a.yaml', service('a', 2));
    await source.close();
    const other = await open();
    write('a.yaml', service('a', 3));
    await eventually(() => expect(other.states).toEqual([{ a: 3 }]));
    expect(states).toEqual([]);
  });
});
