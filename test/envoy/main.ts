/** `npm run test:envoy`: the picker behind a real Envoy. See `--help` and docs/picker.md. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderReport } from '../kubernetes/report.js';
import type { Result } from '../kubernetes/suite.js';
import { HELP, readOptions, type Options } from './options.js';
import type { EnvoyBinary } from './scenario.js';
import { runSuite } from './suite.js';

const INSTALL = fileURLToPath(new URL('../../scripts/envoy/install.mjs', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const binaries = findBinaries(options);
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

function findBinaries({ envoy, versions }: Options): EnvoyBinary[] {
  const paths = envoy === undefined ? versions.map(install) : [envoy];
  return paths.map((path) => {
    const told = execFileSync(path, ['--version'], { encoding: 'utf8' });
    const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(told)?.[1];
    if (version === undefined) throw new Error(`${path} does not tell its version: ${told.trim()}`);
    return { path, version };
  });
}

/** It says itself, on stderr, what is missing. */
function install(version: string): string {
  try {
    const args = [INSTALL, version];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio] }).trim();
  } catch {
    throw new Error(`no Envoy ${version}: mend that, or give --envoy PATH`);
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
