// `demo`: the controller in this process, three fake Mattermost nodes, and either a guided tour or a list of what to try.
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { InvalidArgumentError, Option } from 'commander';
import { keyLines, readKeys } from '../demo/keys.ts';
import { LiveScreen } from '../demo/live-screen.ts';
import { createPrinter, type PrinterOutput } from '../demo/printer.ts';
import { playbill } from '../demo/playbill.ts';
import { CLIENT_ADDRESSES, LOOPBACK } from '../demo/site.ts';
import { createStage, findFreePort, findMissing, type Stage, TEMPLATES } from '../demo/stage.ts';
import { Stagehand } from '../demo/stagehand.ts';
import { takeTour } from '../demo/tour.ts';
import type { TourController } from '../demo/tour/world.ts';
import { LogSink } from '../observe/log.ts';
import type { Options } from '../options/options.ts';
import { resolveOptions } from '../options/resolve.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import type { Controller } from './controller/controller.ts';
import { machineFacts } from './controller/machine.ts';
import { type DemoNodeOptions, serveDemoNode } from './demo-node.ts';
import { nextSignal } from './run.ts';
import { hasColours, painter } from './terminal.ts';

type DemoOptions = DemoNodeOptions & {
  readonly tour?: boolean;
  readonly node?: boolean;
  readonly httpPort: string;
  readonly httpsPort: string;
  readonly adminPort: string;
  readonly manifests: string;
};

/** Two show that they serve as one, without taking a small machine for themselves. */
const WORKERS = '2';
/** What shells say of a command that was ended by Ctrl-C. */
const INTERRUPTED = 130;
const DRAIN_MS = 2_000;
const LOG_FLUSH_MS = 2_000;

export const demoCommand: CommandDefinition = {
  name: 'demo',
  description: 'start the controller with three fake Mattermost nodes on this machine',
  examples: [
    'mattermost-ingress demo',
    'mattermost-ingress demo --https-port 8443',
    'mattermost-ingress demo --tour',
    'mattermost-ingress demo --node --secret town    in each of several pods behind one Service',
  ],
  exitCodes: {
    0: 'it was ended by Ctrl-C, or all of the tour is as promised',
    1: 'something of the tour is not as promised',
    2: 'it could not start, or was called wrongly',
    [INTERRUPTED]: 'the tour was ended by Ctrl-C',
  },
  configure: (command) => {
    command
      .option('--tour', 'show by itself all that it does, and say whether it was as promised')
      .option('--http-port <PORT>', 'port for plain HTTP; 0 picks a free one', readPort, '0')
      .option('--https-port <PORT>', 'port for HTTPS; 0 picks a free one', readPort, '0')
      .option(
        '--admin-port <PORT>',
        'port of the dashboard, metrics and health; 0 picks a free one',
        readPort,
        '0',
      )
      .addOption(new Option('--node', 'start one fake Mattermost node alone, for a pod').conflicts('tour'))
      .option('--listen <ADDRESS:PORT>', 'where --node listens', '0.0.0.0:8065')
      .option('--secret <TEXT>', 'nodes with the same one are one town: they know the same sessions', 'demo')
      .addOption(new Option('--manifests <DIR>', 'other templates, for tests').default(TEMPLATES).hideHelp())
      .action((options: DemoOptions) => demo(options));
  },
};

function readPort(text: string): string {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

async function demo(given: DemoOptions): Promise<void> {
  try {
    process.exitCode = given.node === true ? await serveDemoNode(given) : await perform(given);
  } catch (error) {
    giveUp(error);
  }
  process.exit();
}

/** Runs until the tour is over or a signal comes; the exit code. */
async function perform(given: DemoOptions): Promise<number> {
  const missing = await findMissing(CLIENT_ADDRESSES);
  if (given.tour === true && missing.length > 0) throw new Error(adviceOn(missing));
  const signal = nextSignal();
  const folder = await makeFolder();
  const stage = await createStage(folder, given.manifests);
  const sink = new LogSink(stage.journal.stream);
  const { startController } = await import('./controller/controller.ts');
  const controller = await startController(await optionsOf(given, stage), sink);
  const tourController = seenByTour(controller);
  // Half a tour needs no orderly end; without one, the second signal is the one that does not wait.
  const interrupted = given.tour === true ? signal : signal.then(nextSignal);
  void interrupted.then(() => process.exit(INTERRUPTED));
  const exitCode =
    given.tour === true
      ? await tour(stage, tourController)
      : await invite(stage, tourController, { missing, signal });
  await controller.drain(DRAIN_MS);
  await stage.close();
  await sink.flush(LOG_FLUSH_MS);
  return exitCode;
}

/** Says what to try, shows what is decided, and waits for the end of it. */
async function invite(
  stage: Stage,
  controller: TourController,
  { missing, signal }: { readonly missing: readonly string[]; readonly signal: Promise<unknown> },
): Promise<number> {
  const { stdin, stdout, pid } = process;
  const output = outputOf(stdout);
  const paint = painter(stdout, process.env);
  const hasKeys = stdin.isTTY && stdout.isTTY;
  const text = playbill(stage, controller, {
    advice: missing.length === 0 ? undefined : adviceOn(missing),
    keys: hasKeys ? keyLines() : [],
    bold: (words) => paint('bold', words),
  });
  output.write(text);
  const screen = new LiveScreen(output, () => performance.now());
  stage.journal.follow((line) => screen.log(line));
  if (hasKeys) {
    readKeys(stdin, new Stagehand(stage, controller, screen), screen, () => process.kill(pid, 'SIGINT'));
  }
  await signal;
  return 0;
}

async function tour(stage: Stage, controller: TourController): Promise<number> {
  const { broken } = await takeTour(stage, controller, createPrinter(outputOf(process.stdout)));
  return broken.length === 0 ? 0 : 1;
}

function outputOf(stdout: NodeJS.WriteStream): PrinterOutput {
  return {
    write: (text) => void stdout.write(text),
    // Some terminals say that they have no columns.
    terminalWidth: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
    hasColours: hasColours(stdout, process.env),
  };
}

/** A folder that is gone when the process is, however it ends. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mattermost-ingress-demo-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function optionsOf(given: DemoOptions, stage: Stage): Promise<Options> {
  // Redirects name the port, so it has to be known before it is bound.
  const httpsPort = given.httpsPort === '0' ? String(await findFreePort()) : given.httpsPort;
  const flags = {
    manifests: stage.manifests,
    bindAddress: LOOPBACK,
    adminAddress: LOOPBACK,
    httpPort: given.httpPort,
    httpsPort,
    redirectHttpsPort: httpsPort,
    adminPort: given.adminPort,
    workers: WORKERS,
  };
  const resolved = resolveOptions(flags, {}, machineFacts());
  if (resolved.kind === 'errors') throw new Error(resolved.errors.join('\n'));
  return resolved.options;
}

function seenByTour(controller: Controller): TourController {
  const { http: httpPort = 0, https: httpsPort = 0 } = controller.ports;
  return {
    httpPort,
    httpsPort,
    adminPort: controller.adminPort,
    servedGeneration: () => controller.servedGeneration(),
  };
}

function adviceOn(missing: readonly string[]): string {
  const commands = missing.map((address) => `  sudo ifconfig lo0 alias ${address}`);
  return `Clients at several addresses are played on loopback; this machine lacks some. On macOS:\n${commands.join('\n')}\n`;
}
