/** `npm run test:ssrf`: SSRF protection, as a cluster's attacker sees it. See `--help` and docs/ssrf.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HELP, readOptions } from './options.js';
import { passed, renderReport } from './report/report.js';
import { runSsrf } from './runner.js';

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const report = await runSsrf(options, (line) => process.stderr.write(`${line}\n`));
  if (options.json !== undefined) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  process.stdout.write(`${renderReport(report)}\n`);
  if (!passed(report)) process.exitCode = 1;
}

// What was started ends with this process, which by default does not live to end it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`ssrf: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
