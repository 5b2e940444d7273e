// docs/reference/options.md: every option of `run`.
import { environmentName } from '../src/options/environment.ts';
import { flagTable } from '../src/options/flags.ts';

export function optionsPage(): string {
  // Defaults that depend on the machine are described instead.
  const machine = { cpus: 0, descriptors: 0 };
  const described: Readonly<Record<string, string>> = {
    workers: 'CPUs the container may use, at most 8',
    'max-connections': 'half of the descriptors the process may open',
    'max-backend-connections': 'the other half',
  };
  const rows = Object.values(flagTable(machine)).map(({ flag, placeholder, help, fallback }) => {
    const value = described[flag] ?? (fallback === '' ? '' : `\`${fallback}\``);
    return `| \`--${flag} ${placeholder.replaceAll('|', '\\|')}\` | ${value} | ${help} | \`${environmentName(flag)}\` |`;
  });
  return `${[
    '# Options of `run`',
    '',
    '<!-- Generated from src/options/flags.ts by "npm run generate". Do not edit. -->',
    '',
    'Each can be given as a flag or in the environment; the flag wins. Mistakes are listed all at once, and the exit code is 2. A variable that is nearly an option is a mistake, too. A DURATION is such as `500ms`, `30s`, `1m30s` or `2h`, and at most `500h`.',
    '',
    '| Flag | Default | Meaning | Environment |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}
