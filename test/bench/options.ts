// The command line of the benchmarks.
import { parseArgs } from 'node:util';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';

export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string }
  | {
      readonly kind: 'run';
      readonly benchmark: Benchmark;
      readonly options: BenchmarkOptions;
      readonly asJson: boolean;
    };

type Benchmarks = ReadonlyMap<string, Benchmark>;

export function helpText(benchmarks: Benchmarks): string {
  const lines = [...benchmarks].map(
    ([name, { summary, defaults }]) =>
      `  ${name.padEnd(8)} ${summary}; default --seconds ${defaults.seconds} --rounds ${defaults.rounds}`,
  );
  return `Usage: npm run bench -- NAME [--seconds N] [--rounds N] [--json]

${lines.join('\n')}

Options:
  --seconds N  bound of the load in all turns of all proxies together
  --rounds N   how often every proxy has a turn; medians of the rounds are shown
  --json       one JSON object as the last line

Example:
  npm run bench -- http --seconds 30 --json

HAProxy and nginx take part where they are installed: make bench-peers
`;
}

export function readOptions(args: readonly string[], benchmarks: Benchmarks): Request {
  try {
    return parse(args, benchmarks);
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[], benchmarks: Benchmarks): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  const names = [...benchmarks.keys()].join(', ');
  if (positionals.length !== 1) throw new Error(`Name one benchmark: ${names}`);
  const benchmark = benchmarks.get(positionals[0] ?? '');
  if (benchmark === undefined) throw new Error(`No benchmark ${positionals[0]}: there are ${names}`);
  const options = {
    seconds: readCount('seconds', values.seconds, 600) ?? benchmark.defaults.seconds,
    rounds: readCount('rounds', values.rounds, 100) ?? benchmark.defaults.rounds,
  };
  return { kind: 'run', benchmark, options, asJson: values.json };
}

function readCount(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1 || count > max) {
    throw new Error(`--${name} ${JSON.stringify(text)}: must be a whole number from 1 to ${max}`);
  }
  return count;
}
