// The Chromium of the tests: unpacked once a machine from its npm package, beside the fonts that pictures are made with.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = '@sparticuz/chromium';
const UNPACK = fileURLToPath(new URL('./chromium-program.ts', import.meta.url));

export type Chromium =
  | { readonly kind: 'present'; readonly executablePath: string; readonly environment: NodeJS.ProcessEnv }
  | { readonly kind: 'absent'; readonly reason: string };

/** Finds the browser, and unpacks it where nobody did yet. */
export function findChromium(): Chromium {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { kind: 'absent', reason: `The Chromium of the tests is for Linux on x64 only` };
  const folder = unpackedFolder();
  const executablePath = join(folder, 'chromium');
  const environment = { PATH: process.env['PATH'], HOME: folder, FONTCONFIG_PATH: join(folder, 'fonts') };
  const { status, stderr, error } = spawnSync(executablePath, ['--version'], { env: environment });
  if (status === 0) return { kind: 'present', executablePath, environment };
  const trouble = error?.message ?? stderr.toString().trim();
  return { kind: 'absent', reason: `Chromium does not start (${trouble}): does this machine lack libnss3?` };
}

function unpackedFolder(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mattermost-ingress');
  const folder = join(cache, `chromium-${versionOfPackage()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const unpacking = mkdtempSync(`${folder}-`);
  execFileSync(process.execPath, [UNPACK], { env: { ...process.env, TMPDIR: unpacking } });
  try {
    // All at once: another test file may look for it just now.
    renameSync(unpacking, folder);
  } catch {
    rmSync(unpacking, { recursive: true });
  }
  return folder;
}

function versionOfPackage(): string {
  const text = readFileSync(join(ROOT, 'node_modules', PACKAGE, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
