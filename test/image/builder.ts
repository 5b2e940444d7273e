// The image from the container builder of this machine, where there is one: the same questions to the real thing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BUILD_TIMEOUT_MS = 600_000;
const PULL_TIMEOUT_MS = 180_000;

export type Builder =
  | { readonly kind: 'works'; readonly command: string; readonly base: string }
  | { readonly kind: 'absent'; readonly reason: string };

type Result = { readonly status: number | null; readonly out: string; readonly error: string };

/** @param base name of the base image; it must be there or be pulled */
export function findBuilder(project: string, base: string): Builder {
  const found = call(join(project, 'scripts/image.sh'), ['--builder']);
  const command = found.out.trim();
  if (found.status !== 0) return { kind: 'absent', reason: found.error.trim() };
  // It builds, but has neither `create` nor `run`.
  if (command === 'buildah') return { kind: 'absent', reason: 'Only buildah is here, which runs no image' };
  if (call(command, ['image', 'inspect', base]).status !== 0) {
    const pulled = call(command, ['pull', base], { timeoutMs: PULL_TIMEOUT_MS });
    if (pulled.status !== 0) return { kind: 'absent', reason: `No base image: ${pulled.error.trim()}` };
  }
  return { kind: 'works', command, base };
}

/** Builds as `make image` does. Throws with what the builder said. */
export function buildImage(project: string, { base }: { readonly base: string }, image: string): void {
  const environment = { IMAGE: image, BASE: base };
  const options = { timeoutMs: BUILD_TIMEOUT_MS, environment };
  const { status, out, error } = call(join(project, 'scripts/image.sh'), [], options);
  if (status !== 0) throw new Error(`${out}\n${error}`);
}

/** Runs a command to its end; an absent one is a failed one. */
export function call(
  file: string,
  args: readonly string[],
  {
    timeoutMs = 60_000,
    environment = {},
  }: { readonly timeoutMs?: number; readonly environment?: Readonly<Record<string, string>> } = {},
): Result {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, out: stdout ?? '', error: error?.message ?? stderr };
}
