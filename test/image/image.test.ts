// The image: what is in it, and that its program runs as its user on files that it cannot change. Where a container
// builder is at hand the image is built as well, and must be the same.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { request } from '../../src/demo/mattermost/session.ts';
import { hasFields } from '../support/log-lines.ts';
import { hostOf, policy, site, yamlOf } from '../support/manifest-builders.ts';
import { type Assembled, assembleImage, productionModules } from './assembly.ts';
import { buildImage, call, findBuilder } from './builder.ts';
import { parseDockerfile } from './dockerfile.ts';
import { canChangeUser, copyNode, finishImage, type ImageChild, logOf, startImage } from './image-process.ts';

const PROJECT = join(import.meta.dirname, '../..');
const REVISION = '0123456789abcdef0123456789abcdef01234567';
const ASSEMBLY_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 900_000;
const running = new Set<ImageChild>();
let folder = '';
let image: Assembled;
let node = '';
/** Paths of all files below /app. */
let files: readonly string[] = [];

function filesOf(app: string): readonly string[] {
  return readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(app.length + 1))
    .toSorted();
}

function start(...args: readonly string[]): ImageChild {
  const child = startImage(image, node, args);
  running.add(child);
  return child;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mattermost-ingress-image-'));
  // As the image's user must pass through it; files are made for everybody to read already.
  chmodSync(folder, 0o755);
  image = assembleImage(PROJECT, folder, { REVISION });
  node = copyNode(folder);
  files = filesOf(join(image.root, image.stage.workdir));
  execFileSync('chmod', ['-R', 'a+rX,a-w', image.root]);
}, ASSEMBLY_TIMEOUT_MS);
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
});

describe('the image holds', () => {
  test('sources, modules, license and nothing else', () => {
    const tops = new Set(files.map((file) => file.split('/')[0] ?? ''));
    expect([...tops].toSorted()).toEqual(['LICENSE', 'node_modules', 'package.json', 'revision', 'src']);
  });

  test('all sources but what only tests need', () => {
    const isForTests = (file: string) => file.endsWith('.test.ts') || basename(file).startsWith('test-');
    const product = filesOf(join(PROJECT, 'src')).filter((file) => !isForTests(file));
    const held = files.filter((file) => file.startsWith('src/'));
    expect(held).toEqual(product.map((file) => `src/${file}`));
  });

  test('what a production install brings, and no development dependency', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const manifests = files.filter((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(file));
    const modules = manifests.map((file) => file.replace('/package.json', '')).toSorted();
    const wanted = productionModules(PROJECT).filter((path) => !path.startsWith('node_modules/@types/'));
    const nested = wanted.filter((path) => path.lastIndexOf('node_modules/') > 0);
    expect(modules).toEqual(wanted.filter((path) => !nested.includes(path)).toSorted());
    expect(Object.keys(devDependencies).filter((name) => modules.includes(`node_modules/${name}`))).toEqual(
      [],
    );
    expect(modules.length).toBeGreaterThan(20);
  });

  test('no file of a test, a type or a developer', () => {
    const unwanted =
      /(?:^|\/)(?:tests?|__tests__|examples?|\.bin|\.github)\/|\.(?:d\.[cm]?ts|map|test\.[jt]s)$/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  test('nothing that looks like a secret', () => {
    const named = /(?:^|\/)(?:\.npmrc|\.env.*|\.netrc|id_[a-z0-9]+|kubeconfig)$|\.(?:pem|key|p12|pfx|jks)$/;
    expect(files.filter((file) => named.test(file))).toEqual([]);
    const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{60}/;
    const app = join(image.root, image.stage.workdir);
    expect(files.filter((file) => privateKey.test(readFileSync(join(app, file), 'latin1')))).toEqual([]);
  });

  test('a user that Kubernetes sees is not root, the ports, and whose work it is', () => {
    const { user, ports, labels, command } = image.stage;
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(ports).toEqual([8080, 8443, 10254]);
    expect(command).toEqual(['run']);
    const title = 'org.opencontainers.image.';
    const wanted = ['title', 'description', 'licenses', 'version', 'revision'];
    expect(labels).toEqual(wanted.map((label) => `${title}${label}`));
  });
});

describe('the program of the image', () => {
  test('says its version, and the commit it was built from', async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { code, out, error } = await finishImage(start('--version'));
    const facts = `commit ${REVISION}, Node ${process.version}, ${process.platform}-${process.arch}`;
    expect({ code, out, error }).toEqual({
      code: 0,
      out: `mattermost-ingress ${version} (${facts})\n`,
      error: '',
    });
  });

  test.each([
    ['right', 0, policy('chat'), /^0 errors/],
    ['wrong', 1, policy('chat', { route: { hosts: ['*'] } }), /error: .*spec\.route\.hosts/],
  ])('checks manifests that are %s', async (name, code, object, wanted) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, yamlOf(object));
    const result = await finishImage(start('check', '--allow-missing', file));
    expect(result).toEqual({ code, out: expect.stringMatching(wanted), error: '' });
  });

  test('serves a site as nobody in particular, on files that it cannot change', async (context) => {
    const mattermost = start('demo', '--node', '--listen', '127.0.0.1:0', '--secret', 'town');
    const { port } = (await logOf(mattermost).wait(hasFields({ msg: 'listening' }))) as {
      readonly port: number;
    };
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests);
    writeFileSync(join(manifests, 'site.yaml'), yamlOf(...site('pod', [{ name: 'mattermost-0', port }])));
    const local = [
      '--bind-address',
      '127.0.0.1',
      '--http-port',
      '0',
      '--https-port',
      '0',
      '--admin-port',
      '0',
    ];
    const life = ['--workers', '2', '--shutdown-delay', '0', '--drain-timeout', '5s'];
    const [, ...ownCommand] = [...image.stage.command, ...local, ...life, '--manifests', manifests];
    const controller = start('run', ...ownCommand);
    const log = logOf(controller);
    const { ports } = (await log.wait(hasFields({ msg: 'controller started' }))) as {
      readonly ports: { readonly http: number };
    };
    const connectTo = { address: '127.0.0.1', port: ports.http };
    const reply = await request({ url: `http://${hostOf('pod')}/api/v4/system/ping`, connectTo });
    expect([reply.status, JSON.parse(reply.body.toString())]).toMatchObject([200, { status: 'OK' }]);
    if (canChangeUser) {
      const status = readFileSync(`/proc/${controller.pid}/status`, 'utf8');
      const [uid = ''] = image.stage.user.split(':');
      expect(/^Uid:\s+(.+)$/m.exec(status)?.[1]?.split('\t')).toEqual([uid, uid, uid, uid]);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
    }
    for (const child of [controller, mattermost]) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    }
    if (!canChangeUser) context.skip('All passed, but only root on Linux can start it as another user');
  });
});

describe('the image from a container builder', () => {
  test('is what was assembled, and runs without a writable file', {
    timeout: BUILD_TIMEOUT_MS,
  }, (context) => {
    const stages = parseDockerfile(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'));
    const defaultBase = /^ARG BASE=(.+)$/m.exec(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'))?.[1] ?? '';
    expect(stages.map(({ base }) => base)).toEqual(stages.map(() => '${BASE}'));
    const builder = findBuilder(PROJECT, process.env['TEST_IMAGE_BASE'] ?? defaultBase);
    if (builder.kind === 'absent') return context.skip(builder.reason);
    const name = `mattermost-ingress-test:${process.pid}`;
    const { command } = builder;
    buildImage(PROJECT, builder, name);
    const container = call(command, ['create', name]).out.trim();
    try {
      const app = join(folder, 'app');
      expect(call(command, ['cp', `${container}:/app`, app]).error).toBe('');
      expect(filesOf(app)).toEqual(files);
      const [{ Config }] = JSON.parse(call(command, ['image', 'inspect', name]).out) as [
        { readonly Config: Readonly<Record<string, unknown>> },
      ];
      const { user, entrypoint, command: words } = image.stage;
      expect(Config).toMatchObject({ User: user, Entrypoint: entrypoint, Cmd: words });
      const shut = [
        '--rm',
        '--read-only',
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        '--network=none',
      ];
      expect(call(command, ['run', ...shut, name, '--version'])).toMatchObject({ status: 0 });
      const input = [
        'run',
        ...shut,
        '--entrypoint',
        'node',
        name,
        '-e',
        'process.exitCode = process.getuid() === 0 ? 1 : 0',
      ];
      expect(call(command, input)).toMatchObject({ status: 0, error: '' });
    } finally {
      call(command, ['rm', '--force', container]);
      call(command, ['image', 'rm', '--force', name]);
    }
  });
});
