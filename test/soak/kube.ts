// `npm run soak`: replicas that fight for the lead under random faults, seed after seed, for as long as asked.
// Time is virtual, so that a minute holds about a day of theirs; the first violation ends it with the seed that shows it.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fight } from '../support/kube/replica-fight.ts';

const HELP = `Usage: npm run soak [-- --minutes N] [--seed S]

Two replicas with random faults, pauses, lost answers and wrong clocks: never two leaders, no flapping status.

Options:
  --minutes N  how long, 10 by default
  --seed S     the first seed; by default one nobody has tried
  --help       this text

Example:
  npm run soak -- --minutes 1 --seed 42
`;

/** Short and long fights find different things. */
const FAULTY_MS = [20_000, 120_000] as const;
const MAX_SEED = 2 ** 31;
const REPORT_MS = 30_000;

type Plan = { readonly minutes: number; readonly seed: number };

function readPlan(args: readonly string[]): Plan | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return 'help';
  const minutes = values.minutes === undefined ? 10 : readCount('minutes', values.minutes);
  const seed = values.seed === undefined ? Date.now() % MAX_SEED : readCount('seed', values.seed);
  return { minutes, seed };
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count >= 1 && count <= MAX_SEED) return count;
  throw new Error(`--${name} ${JSON.stringify(text)}: must be a whole number from 1 to ${MAX_SEED}`);
}

async function soak({ minutes, seed: first }: Plan): Promise<void> {
  process.stdout.write(`seed ${first}, ${minutes} min\n`);
  const endMs = performance.now() + minutes * 60_000;
  let reportMs = performance.now() + REPORT_MS;
  let [seed, elections, writes] = [first, 0, 0];
  while (performance.now() < endMs) {
    for (const faultyMs of FAULTY_MS) {
      const result = await fight({ seed, faultyMs });
      elections += result.elections;
      writes += result.writes;
    }
    seed += 1;
    if (performance.now() < reportMs) continue;
    reportMs += REPORT_MS;
    process.stdout.write(`${seed - first} seeds, ${elections} elections, ${writes} statuses\n`);
  }
  process.stdout.write(`all well: ${seed - first} seeds, ${elections} elections, ${writes} statuses\n`);
}

try {
  const plan = readPlan(process.argv.slice(2));
  if (plan === 'help') process.stdout.write(HELP);
  else await soak(plan);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
