// One flag of `run`.

/** One flag: what people read, and how its text becomes a value. A reader throws an Error that says what is wanted. */
export type Flag<Value> = {
  readonly flag: string;
  readonly placeholder: string;
  readonly help: string;
  /** Text used when neither flag nor environment gives one. */
  readonly fallback: string;
  readonly read: (text: string) => Value;
};

/** @param usage name and placeholder, as in `--name PLACEHOLDER` */
export function flag<Value>(
  usage: string,
  help: string,
  fallback: string,
  read: (text: string) => Value,
): Flag<Value> {
  const [name = '', placeholder = ''] = usage.split(' ');
  return { flag: name, placeholder, help, fallback, read };
}
