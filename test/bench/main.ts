/** `npm run bench`: measures P/D proxies side by side. See `--help` and docs/performance.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HELP, readOptions } from './options.js';
import { BENCH_FOLDER } from './peers/build-floor.js';
import { renderReport } from './report/table.js';
import { runBench } from './runner.js';

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const report = await runBench(options, (line) => process.stderr.write(`${line}\n`));
  const file = options.json ?? usualFile(report.machine.date);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${renderReport(report)}\n\nFigures kept in ${file}\n`);
}

function usualFile(date: string): string {
  return join(BENCH_FOLDER, `${date.slice(0, 19).replaceAll(':', '-')}.json`);
}

// Peers are ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
