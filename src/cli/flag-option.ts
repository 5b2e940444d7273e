// A flag of `run` as an option of a command, and what was given for a flag.
import { InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../model/error-message.ts';
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

/** Reads the argument of an option as a flag of `run` is read. */
export function readBy<Value>(reader: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return reader(text);
    } catch (error) {
      throw new InvalidArgumentError(`It ${messageOf(error)}.`);
    }
  };
}

/** What was given for a flag. @param given by Commander, which calls flags by names of its own */
export function givenFor<Value>(flag: string, given: Readonly<Record<string, Value>>): Value | undefined {
  return given[new Option(`--${flag}`).attributeName()];
}
