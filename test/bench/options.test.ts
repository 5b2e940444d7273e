// The command line of the benchmarks: what is run, and what a mistake is told.
import { describe, expect, test } from 'vitest';
import { benchmarks } from './benchmarks.ts';
import { helpText, readOptions } from './options.ts';

const http = benchmarks.get('http');

describe('the command line', () => {
  test('takes a name and falls back on what the benchmark itself wants', () => {
    expect(readOptions(['http'], benchmarks)).toEqual({
      kind: 'run',
      benchmark: http,
      options: http?.defaults,
      asJson: false,
    });
  });

  test('takes bounds and the form of the result', () => {
    expect(readOptions(['http', '--seconds', '7', '--rounds', '2', '--json'], benchmarks)).toEqual({
      kind: 'run',
      benchmark: http,
      options: { seconds: 7, rounds: 2 },
      asJson: true,
    });
  });

  test.each([
    [[], 'Name one benchmark: http, ws, idle'],
    [['http', 'ws'], 'Name one benchmark'],
    [['htpp'], 'No benchmark htpp: there are http, ws, idle'],
    [['http', '--seconds', '0'], '--seconds "0": must be a whole number from 1 to 600'],
    [['http', '--rounds', '1.5'], '--rounds "1.5": must be a whole number'],
    [['http', '--turns', '3'], '--turns'],
  ])('says what is wrong with %j', (args, message) => {
    const request = readOptions(args, benchmarks);
    expect(request.kind === 'error' ? request.message : request.kind).toContain(message);
  });

  test('shows help with every benchmark and an example', () => {
    expect(readOptions(['http', '--help'], benchmarks)).toEqual({ kind: 'help' });
    const help = helpText(benchmarks);
    for (const name of benchmarks.keys()) expect(help).toContain(`  ${name} `);
    expect(help).toContain('Example:\n  npm run bench -- http');
  });
});
