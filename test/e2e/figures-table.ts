// What was measured, as the rows of a table that people read.
import { peakPerSecond } from '../support/peaks.ts';
import { CLIENTS, type Figures } from './audience.ts';

const HEAD = [
  'what',
  'seconds',
  'requests failed',
  'WebSockets lost',
  'close codes',
  'lost twice',
  'closes a second, peak',
  'returns a second, peak',
  'read anew',
] as const;

export function tableOf(rows: readonly Figures[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellsOf({ what, seconds, sent, failures, losses, returnsMs, resyncs }: Figures): readonly string[] {
  return [
    what,
    seconds.toFixed(0),
    `${failures.length} of ${sent}`,
    `${losses.length} of ${CLIENTS}`,
    codesOf(losses.map(({ code }) => code)),
    String(losses.length - new Set(losses.map(({ client }) => client)).size),
    String(peakPerSecond(losses.map(({ atMs }) => atMs))),
    String(peakPerSecond(returnsMs)),
    String(resyncs),
  ];
}

function codesOf(codes: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${count} x ${code}`).join(', ');
}
