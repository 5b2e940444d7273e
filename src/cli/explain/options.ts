// The options of `explain`: those of the request, those that say what it is explained against, and those of `run` that
// decisions depend on.
import process from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SessionAnswer } from '../../model/decision.ts';
import type { TlsVersion } from '../../model/configuration.ts';
import type { RequestHead } from '../../model/request.ts';
import { environmentName } from '../../options/environment.ts';
import { flagTable } from '../../options/flags.ts';
import type { Options } from '../../options/options.ts';
import { resolveOptions } from '../../options/resolve.ts';
import { machineFacts } from '../controller/machine.ts';
import { flagOption, givenFor } from '../flag-option.ts';

export type ExplainOptions = {
  readonly from?: string;
  readonly header: readonly string[];
  readonly cookie: readonly string[];
  readonly websocket?: true;
  readonly bodyBytes?: number;
  readonly file?: string;
  readonly entry?: number;
  readonly httpVersion?: RequestHead['version'];
  readonly tlsVersion?: TlsVersion;
  readonly sni?: string;
  readonly clientCertificate?: true;
  readonly session: SessionAnswer;
  readonly manifests: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly admin?: string;
  readonly json?: true;
};

/** Options of `run` by which a request is decided. */
const SHARED = [
  'trustedProxies',
  'redirectHttpsPort',
  'refusesUnknownNames',
  'requirePolicy',
  'hostNamespaces',
  'defaultBackendNamespace',
  'denyEndpointRanges',
  'controllerName',
  'ingressClass',
  'ingressClassByName',
  'takeOverClass',
  'watchNamespaces',
  'secretsMode',
  'stickyKeyFile',
  'legacyHttpsPort',
  'requestLineBytes',
  'requestHeadBytes',
  'requestFields',
] as const satisfies readonly (keyof Options)[];

const REQUEST = 'The request:';
const AGAINST = 'What it is explained against:';
const AS_RUN = 'As given to run (a running controller knows them):';

export function addExplainOptions(command: Command): void {
  const add = (group: string, ...options: readonly Option[]) => {
    for (const option of options) command.addOption(option.helpGroup(group));
  };
  add(
    REQUEST,
    new Option('--from <ADDRESS>', 'address of whoever connects: the client, or the trusted proxy in front'),
    new Option('-H, --header <LINE>', "a field 'Name: value'; repeatable")
      .argParser(collect)
      .default([], 'none'),
    new Option('-b, --cookie <PAIRS>', "cookies 'name=value; ...'; repeatable")
      .argParser(collect)
      .default([], 'none'),
    new Option('--websocket', 'a WebSocket handshake, as with ws:// and wss://'),
    new Option('--body-bytes <N>', 'length of the body').argParser(readCount),
    new Option('--file <FILE>', 'a pasted curl command, a HAR file or a part of one; - for standard input'),
    new Option('--entry <N>', 'which request of a HAR file, from 1').argParser(readCount),
    new Option('--http-version <VERSION>', 'version of HTTP').choices(['1.0', '1.1', '2']),
    new Option('--tls-version <VERSION>', 'version of TLS').choices(['1.1', '1.2', '1.3']),
    new Option('--sni <NAME>', "name in the TLS handshake, '' for none; the host of the URL where absent"),
    new Option('--client-certificate', "the client shows a certificate of the site's authorities"),
    new Option('--session <ANSWER>', 'what Mattermost says of the session, where a rule asks')
      .choices(['valid', 'invalid', 'unknown'])
      .default('valid'),
  );
  add(
    AGAINST,
    new Option('--manifests <PATH>', 'a YAML file, a folder of them, or -; repeatable')
      .argParser(collect)
      .default([], 'none'),
    new Option('--kubeconfig <FILE>', 'a cluster, which is only read; without it what kubectl would take'),
    new Option('--context <NAME>', 'context of the kubeconfig'),
    new Option('--admin <URL>', 'a running controller, by the address of its admin port'),
    new Option('--json', 'print one JSON object instead of text'),
  );
  add(AS_RUN, ...sharedOptions());
}

function sharedOptions(): readonly Option[] {
  const table = flagTable(machineFacts());
  return SHARED.map((name) => {
    const { help, ...flag } = table[name];
    return flagOption(name, flag, help);
  });
}

/** Those of `run`, from flags and environment; throws with all mistakes. */
export function sharedOptionsOf(given: Readonly<Record<string, unknown>>): Options {
  const table = flagTable(machineFacts());
  const texts = SHARED.map((name) => {
    const { flag } = table[name];
    const value = givenFor(flag, given);
    return [name, typeof value === 'string' ? value : process.env[environmentName(flag)]] as const;
  });
  const resolved = resolveOptions(Object.fromEntries(texts), {}, machineFacts());
  if (resolved.kind === 'errors') throw new Error(resolved.errors.join('\n'));
  return resolved.options;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('Give a whole number.');
  return count;
}
