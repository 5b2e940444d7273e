// A flag of `run` as an option of a command, and what was given for a flag.
import { Option } from 'commander';
import type { Flag } from '../options/flag.ts';
import type { Options } from '../options/options.ts';

/** Where a repeated one adds to what was given before, as in the environment: separated by commas. */
const REPEATABLE: ReadonlySet<string> = new Set<keyof Options>(['hostNamespaces']);

export function flagOption(
  name: string,
  { flag, placeholder }: Pick<Flag<unknown>, 'flag' | 'placeholder'>,
  help: string,
): Option {
  const option = new Option(`--${flag} <${placeholder}>`, help);
  if (REPEATABLE.has(name))
    option.argParser((value: string, earlier: string | undefined) =>
      [earlier, value].filter(Boolean).join(','),
    );
  return option;
}

/** What was given for a flag. @param given by Commander, which calls flags by names of its own */
export function givenFor<Value>(flag: string, given: Readonly<Record<string, Value>>): Value | undefined {
  return given[new Option(`--${flag}`).attributeName()];
}
