/** `npm run test:envoy`: the picker behind a real Envoy. See `--help` and docs/picker.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderReport } from '../kubernetes/report.js';
import type { Result } from '../support/run-scenario.js';
import { findBinary, installedBinary } from './binaries.js';
import { HELP, readOptions } from './options.js';
import { runSuite } from './suite.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const { envoy, versions } = options;
  const binaries = envoy === undefined ? versions.map(installedBinary) : [findBinary(envoy)];
  const folder = mkdtempSync(join(tmpdir(), 'tandem-envoy-'));
  const results: Result[] = [];
  for (const binary of binaries) {
    say(`Envoy ${binary.version}: ${binary.path}`);
    results.push(...(await runSuite(binary, { only: options.only, folder }, say)));
  }
  if (results.length === 0) throw new Error('--only fits no scenario');
  const failed = results.filter(({ failure }) => failure !== undefined);
  say(`\n${renderReport(results)}\n`);
  say(`Envoy: ${failed.length > 0 ? 'FAILED' : `${results.length} scenarios passed`}`);
  if (failed.length === 0) rmSync(folder, { recursive: true });
  else {
    process.stderr.write(`envoy: what the programs logged is in ${folder}\n`);
    process.exitCode = 1;
  }
}

// Servers are ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

// Ports of its own: jest may run beside it.
process.env['JEST_WORKER_ID'] ??= '8';

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`envoy: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
