// The command line of the benchmarks.
import { parseArgs } from 'node:util';
import type { Benchmark, BenchmarkOptions, Choices } from './benchmark.ts';
import { PEERS } from './stage/proxies.ts';

export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string }
  | {
      readonly kind: 'run';
      readonly benchmark: Benchmark;
      readonly options: BenchmarkOptions & Choices;
      readonly asJson: boolean;
    };

type Benchmarks = ReadonlyMap<string, Benchmark>;

const MAX_BODY_BYTES = 16 << 20;
const DEFAULT_ANSWER_BYTES = 512;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1 << 10, m: 1 << 20 };
const PEER_KEYS = PEERS.map(({ key }) => key);

export function helpText(benchmarks: Benchmarks): string {
  const lines = [...benchmarks].map(
    ([name, { summary, defaults }]) => `  ${name.padEnd(10)}${summary}  [${boundsText(defaults)}]`,
  );
  return `Usage: npm run bench -- NAME [options]

${lines.join('\n')}

Options:
  --seconds N    bound of the load in all turns of all proxies together
  --rounds N     how often every proxy has a turn; medians of the rounds are shown
  --peers NAMES  only these, of ${PEER_KEYS.join(', ')}
  --answer SIZE  body of an answer, as in 512 or 64k   [${namesThatTake('bodies', benchmarks)}]
  --upload SIZE  body of a request, as in 1k or 1m     [the same]
  --profile DIR  ours writes a CPU profile of each thread there; that of the worker has .1. in its name
  --json         one JSON object as the last line

Example:
  npm run bench -- http --answer 64k --seconds 30 --peers haproxy,nginx --json

HAProxy, nginx and Caddy take part where they are installed: make bench-peers
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
      peers: { type: 'string' },
      answer: { type: 'string' },
      upload: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  const [name = '', ...others] = positionals;
  const names = [...benchmarks.keys()].join(', ');
  if (name === '' || others.length > 0) throw new Error(`Name one benchmark: ${names}`);
  const benchmark = benchmarks.get(name);
  if (benchmark === undefined) throw new Error(`No benchmark ${name}: there are ${names}`);
  refuse(benchmark, 'bodies', values.answer ?? values.upload, `${name} takes no --answer and no --upload`);
  refuse(benchmark, 'peers', values.peers, `${name} takes no --peers`);
  refuse(benchmark, 'profile', values.profile, `${name} takes no --profile`);
  const options = {
    seconds: readCount('seconds', values.seconds, 600) ?? benchmark.defaults.seconds,
    rounds: readCount('rounds', values.rounds, 100) ?? benchmark.defaults.rounds,
    bodies: {
      answerBytes: readSize('answer', values.answer) ?? DEFAULT_ANSWER_BYTES,
      uploadBytes: readSize('upload', values.upload) ?? 0,
    },
    peers: readPeers(values.peers),
    profile: values.profile,
  };
  return { kind: 'run', benchmark, options, asJson: values.json };
}

function boundsText({ seconds, rounds }: BenchmarkOptions): string {
  return rounds === 1 ? `${seconds} s` : `${seconds} s, ${rounds} rounds`;
}

function namesThatTake(choice: keyof Choices, benchmarks: Benchmarks): string {
  return [...benchmarks].flatMap(([name, { takes }]) => (takes.includes(choice) ? [name] : [])).join(', ');
}

function refuse(
  benchmark: Benchmark,
  choice: keyof Choices,
  given: string | undefined,
  message: string,
): void {
  if (given !== undefined && !benchmark.takes.includes(choice)) throw new Error(message);
}

function readCount(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1 || count > max) {
    throw new Error(`--${name} ${JSON.stringify(text)}: must be a whole number from 1 to ${max}`);
  }
  return count;
}

function readSize(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = ''] = /^([0-9]{1,9})([km]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (FACTORS[unit] ?? 1);
  if (!(bytes >= 1 && bytes <= MAX_BODY_BYTES)) {
    throw new Error(`--${name} ${JSON.stringify(text)}: must be a size from 1 to 16m, as in 512, 64k or 1m`);
  }
  return bytes;
}

function readPeers(text: string | undefined): readonly string[] | undefined {
  const keys = text?.split(',');
  const unknown = keys?.find((key) => !PEER_KEYS.includes(key));
  if (unknown !== undefined) throw new Error(`No peer ${unknown}: there are ${PEER_KEYS.join(', ')}`);
  return keys;
}
