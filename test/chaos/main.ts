// `npm run chaos`: three Mattermost nodes that die in every way under 200 requests a second and 500 WebSockets, for as long as asked.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ControllerProcess } from '../support/controller-process.ts';
import { INSPECT } from '../support/worker-threads.ts';
import { runChaos } from './run.ts';

const HELP = `Usage: npm run chaos [-- --minutes N] [--seed S]

Three nodes restart, start slowly, die, stand still and change their addresses, and workers of the controller end,
under steady requests and reconnecting clients.
Prints one JSON report. Exit code 1 when something was lost that could have been kept.

Options:
  --minutes N   how long, 10 by default
  --seed S      of all chance; by default one nobody has tried
  --requests R  a second, 200 by default
  --clients C   with a WebSocket each, 500 by default
  --log FILE    where the log of the controller goes, but for its requests
  --help        this text
`;
const LIMITS = { minutes: 1440, seed: 2 ** 31, requests: 5000, clients: 10_000 };
const DEFAULTS = { minutes: 10, requests: 200, clients: 500 };

type Name = keyof typeof LIMITS;

function readCount(name: Name, text: string | undefined, otherwise: number): number {
  const count = Number(text ?? otherwise);
  if (Number.isFinite(count) && count > 0 && count <= LIMITS[name]) return count;
  throw new Error(`--${name} must be a number up to ${LIMITS[name]}, not ${JSON.stringify(text)}`);
}

/** What it told beside the lines of requests. */
function eventsOf(controller: ControllerProcess): string {
  const events = controller.log.all.filter(({ requestId }) => requestId === undefined);
  return events.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function main(): Promise<number> {
  const option = { type: 'string' } as const;
  const options = { minutes: option, seed: option, requests: option, clients: option, log: option } as const;
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = readCount('minutes', values.minutes, DEFAULTS.minutes);
  const seed = readCount('seed', values.seed, (Date.now() % LIMITS.seed) + 1);
  process.stderr.write(`seed ${seed}, ${minutes} minutes\n`);
  const controller = await ControllerProcess.start({ nodeFlags: [INSPECT] });
  const untilMs = performance.now() + minutes * 60_000;
  try {
    const report = await runChaos(
      controller,
      {
        seed,
        requestsPerSecond: readCount('requests', values.requests, DEFAULTS.requests),
        clients: readCount('clients', values.clients, DEFAULTS.clients),
        // As Mattermost's own clients.
        reconnectMs: [3_000, 5_000],
        drainMs: 5_000,
      },
      () => performance.now() >= untilMs,
    );
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    if (values.log !== undefined) writeFileSync(values.log, eventsOf(controller));
    const troubles = await controller.destroy();
    for (const trouble of troubles) process.stderr.write(`${trouble}\n`);
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
