// `explain` as a process of its own, and what must never come back from it.
import { expect } from 'vitest';
import type { Explanation } from '../../src/explain/explanation.ts';
import { type CommandResult, runCommand } from './command.ts';

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

export async function explain(
  args: readonly string[],
  input = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const result = await runCommand(['explain', ...args], { home: import.meta.dirname, input, environment });
  expect(result.out + result.error).not.toMatch(CANARIES);
  return result;
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
