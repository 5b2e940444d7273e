// `npm run bench -- NAME`: drives this proxy and others with the same load, in turns, and compares what they cost.
// A benchmark is a file beside this one and a line in benchmarks.ts; results belong into docs/benchmarks.md.
import process from 'node:process';
import { benchmarks } from './benchmarks.ts';
import { helpText, readOptions } from './options.ts';
import { ProcessSet } from './stage/process-set.ts';
import { Progress } from './progress.ts';

async function main(): Promise<void> {
  const request = readOptions(process.argv.slice(2), benchmarks);
  if (request.kind === 'help') {
    process.stdout.write(helpText(benchmarks));
    return;
  }
  if (request.kind === 'error') {
    process.stderr.write(`${request.message}\nSee npm run bench -- --help\n`);
    process.exitCode = 2;
    return;
  }
  const { benchmark, options, asJson } = request;
  const processes = new ProcessSet();
  const progress = new Progress(process.stderr);
  try {
    const result = await benchmark.run({ ...options, processes, progress });
    progress.clear();
    process.stdout.write(`${result.text}\n`);
    if (asJson) process.stdout.write(`${JSON.stringify(result.json)}\n`);
  } catch (error) {
    progress.clear();
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n${processes.troubles()}`,
    );
    process.exitCode = 1;
  } finally {
    await processes.end();
  }
}

process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
await main();
