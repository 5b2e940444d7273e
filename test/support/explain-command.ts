// `explain` as a process of its own, and what must never come back from it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Explanation } from '../../src/explain/explanation.ts';

const PROGRAM = join(import.meta.dirname, '../../src/main.ts');
/** What tests put where secrets are: none of it may be printed, whatever is asked. */
const CANARIES = /canary/i;

export const FROM: readonly string[] = ['--from', '203.0.113.7'];
/** Accepted by the rule `app` of EXPLAINED_ADMISSION. */
export const SECRET = 'canary-of-the-secret-0123';

export const EXPLAINED_ADMISSION = {
  rules: [
    { name: 'office', sourceCIDRs: ['127.0.0.1/32'], action: 'Allow' },
    { name: 'app', headers: [{ name: 'X-Preauth', secretRef: { name: 'preauth' } }], action: 'Allow' },
    {
      name: 'text',
      headers: [{ name: 'X-Text', type: 'Contains', values: ['canary-text'] }],
      action: 'Allow',
    },
    { name: 'socket', request: 'WebSocket', cookies: [{ name: 'MMAUTHTOKEN' }], action: 'Allow' },
  ],
  defaultAction: 'Deny',
};

export type Told = { readonly code: number | null; readonly out: string; readonly error: string };

export async function explain(
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  // Neither options nor a kubeconfig of whoever runs the tests.
  const all = { PATH: process.env['PATH'], HOME: import.meta.dirname, ...env };
  const child = spawn(process.execPath, [PROGRAM, 'explain', ...args], { env: all });
  child.stdin.on('error', () => {}).end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const told = { code: await ended, out, error };
  expect(out + error).not.toMatch(CANARIES);
  return told;
}

/** The same as an object; fails where it could not be explained. */
export async function explained(args: readonly string[], input = ''): Promise<Explanation> {
  const { out, error, code } = await explain([...args, '--json'], input);
  expect([code, error]).toEqual([expect.toBeOneOf([0, 1]), '']);
  return JSON.parse(out) as Explanation;
}

/** Names of the nodes that would get it, or might. */
export function chosenOf({ endpoints }: Explanation): readonly string[] | undefined {
  return endpoints?.all.filter(({ isChosen }) => isChosen).map(({ name }) => name);
}
