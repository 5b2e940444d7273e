// Who takes part in a run: those that are installed, wanted, and speak what is measured.
import type { BenchmarkContext } from '../benchmark.ts';
import type { Absence } from '../results/comparison.ts';
import { speaksHttp2 } from '../../support/ports.ts';
import type { ProxyKind, Setup } from '../stage/proxy-kind.ts';
import type { RunningProxy, Stage } from '../stage/stage.ts';

export const NOT_INSTALLED = 'not installed (make bench-peers)';

export type Participants = {
  readonly proxies: readonly RunningProxy[];
  readonly absent: readonly Absence[];
};

/** Ours always, and the peers that were asked for. */
export function chosen(
  kinds: readonly ProxyKind[],
  { peers, profile }: BenchmarkContext,
): readonly ProxyKind[] {
  const wanted = kinds.filter(({ isOurs, key }) => isOurs || (peers?.includes(key) ?? true));
  if (profile === undefined) return wanted;
  return wanted.map((kind) => (kind.isOurs ? profiled(kind, profile) : kind));
}

/** Node writes a profile of each thread when the process ends. */
function profiled(kind: ProxyKind, folder: string): ProxyKind {
  return {
    ...kind,
    command: (options) => {
      const command = kind.command(options);
      return command && { ...command, args: ['--cpu-prof', `--cpu-prof-dir=${folder}`, ...command.args] };
    },
  };
}

/** Starts them all; they run until the run ends. */
export async function startAll(
  stage: Stage,
  kinds: readonly ProxyKind[],
  { needsHttp2, ...setup }: Setup & { readonly needsHttp2: boolean },
): Promise<Participants> {
  const proxies: RunningProxy[] = [];
  const absent: Absence[] = [];
  for (const kind of kinds) {
    const proxy = await stage.start(kind, setup);
    if (proxy === undefined) absent.push({ kind, reason: NOT_INSTALLED });
    else if (needsHttp2 && !(await speaksHttp2(proxy.tlsPort))) {
      absent.push({ kind, reason: 'it does not speak HTTP/2' });
      await proxy.stop();
    } else proxies.push(proxy);
  }
  return { proxies, absent };
}
