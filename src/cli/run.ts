// `run`: the controller until it is told to stop.
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { LogSink } from '../observe/log.ts';
import { environmentName } from '../options/environment.ts';
import { flagTable } from '../options/flags.ts';
import type { Options } from '../options/options.ts';
import { resolveOptions } from '../options/resolve.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import type { Controller } from './controller/controller.ts';
import { machineFacts } from './controller/machine.ts';
import { flagOption, givenFor } from './flag-option.ts';

const LOG_FLUSH_MS = 2_000;

export const runCommand: CommandDefinition = {
  name: 'run',
  description: 'serve the sites of a cluster, or of a folder of manifests',
  examples: [
    'mattermost-ingress run --manifests ./manifests --http-port 8080 --https-port 8443',
    'mattermost-ingress run --kubeconfig ~/.kube/config',
  ],
  notes: [
    'Every option can also be given in the environment: --http-port as MATTERMOST_INGRESS_HTTP_PORT.',
    'A DURATION is such as 500ms, 30s, 1m30s or 2h, and at most 500h.',
  ],
  exitCodes: {
    0: 'it was told to stop by SIGTERM or SIGINT, and has drained',
    1: 'a second signal ended it before that',
    2: 'an option is wrong, or it could not start',
  },
  outlivesReader: true,
  configure,
};

function configure(command: Command): void {
  for (const [name, { flag, placeholder, help, fallback }] of Object.entries(flagTable(machineFacts()))) {
    const shown = fallback === undefined || fallback === '' ? '' : ` (default: ${fallback})`;
    command.addOption(flagOption(name, { flag, placeholder }, `${help}${shown} [${environmentName(flag)}]`));
  }
  command.action((given: Record<string, string | undefined>) => run(given));
}

async function run(given: Readonly<Record<string, string | undefined>>): Promise<void> {
  const byName = Object.fromEntries(
    Object.entries(flagTable(machineFacts())).map(([name, { flag }]) => [name, givenFor(flag, given)]),
  );
  const resolved = resolveOptions(byName, process.env, machineFacts());
  if (resolved.kind === 'errors') {
    giveUp(resolved.errors.join('\n'), 'See mattermost-ingress run --help');
    return;
  }
  const sink = new LogSink(process.stdout);
  try {
    // Loaded here: other commands, and help, need none of it.
    const { startController } = await import('./controller/controller.ts');
    const signal = nextSignal();
    // It may wait for an API server; nothing is served then, and nothing has to end in order.
    const controller = await Promise.race([startController(resolved.options, sink), signal]);
    if (typeof controller !== 'string') await stop(controller, await signal, resolved.options);
    process.exitCode = 0;
  } catch (error) {
    giveUp(error);
  }
  await sink.flush(LOG_FLUSH_MS);
  process.exit();
}

/** The first signal begins an orderly end, a second one ends at once. */
async function stop(controller: Controller, signal: NodeJS.Signals, options: Options): Promise<void> {
  process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
  const { shutdownDelayMs, drainTimeoutMs } = options;
  controller.log.info({ signal, shutdownDelayMs, drainTimeoutMs }, 'stopping: not ready, still accepting');
  controller.lameDuck();
  await pause(shutdownDelayMs);
  controller.log.info('draining: no new connections');
  await controller.drain(drainTimeoutMs);
  controller.log.info('stopped');
}

/** The first SIGTERM or SIGINT; what comes after it is for others to hear. */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
      resolve(signal);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
