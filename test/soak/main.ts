/** `npm run soak`: the sidecar under faults, leaving clients and load. See `--help` and docs/reliability.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HELP, readOptions } from './options.js';
import { passed, renderReport } from './report/report.js';
import { runSoak } from './runner.js';

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const report = await runSoak(options, (line) => process.stderr.write(`${line}\n`));
  if (options.json !== undefined) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  process.stdout.write(`${renderReport(report)}\n`);
  if (!options.peersOnly && !passed(report, 'tandem')) process.exitCode = 1;
}

// The programs under test end with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2))
  .catch((error: unknown) => {
    process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  })
  // What a phase that failed left open must not keep this process.
  .finally(() => process.exit());
