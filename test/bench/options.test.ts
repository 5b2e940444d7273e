// The command line of the benchmarks: what is run, and what a mistake is told.
import { describe, expect, test } from 'vitest';
import { benchmarks } from './benchmarks.ts';
import { helpText, readOptions } from './options.ts';

const http = benchmarks.get('http');
const MAX_LINE = 120;

describe('the command line', () => {
  test('takes a name and falls back on what the benchmark itself wants', () => {
    expect(readOptions(['http'], benchmarks)).toEqual({
      kind: 'run',
      benchmark: http,
      options: {
        ...http?.defaults,
        bodies: { answerBytes: 512, uploadBytes: 0 },
        peers: undefined,
        profile: undefined,
      },
      asJson: false,
    });
  });

  test('takes bounds, bodies, peers and the form of the result', () => {
    const args =
      'http --seconds 7 --rounds 2 --answer 64k --upload 1m --peers nginx,caddy --profile /tmp/p --json';
    expect(readOptions(args.split(' '), benchmarks)).toEqual({
      kind: 'run',
      benchmark: http,
      options: {
        seconds: 7,
        rounds: 2,
        bodies: { answerBytes: 65_536, uploadBytes: 1_048_576 },
        peers: ['nginx', 'caddy'],
        profile: '/tmp/p',
      },
      asJson: true,
    });
  });

  test.each([
    [[], 'Name one benchmark: http, http-log, tls'],
    [['http', 'ws'], 'Name one benchmark'],
    [['htpp'], 'No benchmark htpp: there are http, http-log, tls'],
    [['http', '--seconds', '0'], '--seconds "0": must be a whole number from 1 to 600'],
    [['http', '--rounds', '1.5'], '--rounds "1.5": must be a whole number'],
    [['http', '--answer', '64kb'], '--answer "64kb": must be a size from 1 to 16m'],
    [['http', '--upload', '17m'], '--upload "17m": must be a size from 1 to 16m'],
    [['http', '--upload', '0'], '--upload "0": must be a size from 1 to 16m'],
    [['http', '--peers', 'nginx,traefik'], 'No peer traefik: there are http-proxy, node:http, haproxy'],
    [['ws', '--answer', '64k'], 'ws takes no --answer and no --upload'],
    [['scale', '--profile', '/tmp'], 'scale takes no --profile'],
    [['scale', '--peers', 'nginx'], 'scale takes no --peers'],
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
    expect(help.split('\n').filter((line) => line.length > MAX_LINE)).toEqual([]);
  });
});
