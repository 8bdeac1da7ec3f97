/** `npm run test:image`: the container image. See `--help` and docs/image.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderReport } from '../kubernetes/report.js';
import type { Result } from '../support/run-scenario.js';
import { makeImage, type Made } from './build/make-image.js';
import { interrupt } from './build/tool.js';
import { lint } from './lint.js';
import { HELP, readOptions, type Options } from './options.js';
import { Runner } from './run/runner.js';
import { runSuite } from './suite.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** As most charts have it, and as OpenShift has it: a user of its own for each namespace, in group 0. */
const USERS = ['65532:65532', '1234567:0'];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  await lint(ROOT);
  say('ok     hadolint');
  if (!options.doesBuild && !options.doesRun) return;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-image-'));
  try {
    const made = await makeImage(ROOT, folder, options, say);
    try {
      if (options.doesRun) report(await runAll(made, options, folder));
    } finally {
      await made.remove();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(made: Made, { only, image }: Options, folder: string): Promise<Result[]> {
  const bundle = image === undefined ? join(ROOT, 'dist/bundle') : undefined;
  const results: Result[] = [];
  for (const user of USERS) {
    const runner = await Runner.make(made.tool, made.flags, made.image, user);
    results.push(...(await runSuite(runner, { only, folder, bundle }, say)));
  }
  return results;
}

function report(results: readonly Result[]): void {
  if (results.length === 0) throw new Error('--only fits no scenario');
  const failed = results.filter(({ failure }) => failure !== undefined);
  say(`\n${renderReport(results)}\n`);
  say(`image: ${failed.length > 0 ? 'FAILED' : `${results.length} scenarios passed`}`);
  if (failed.length > 0) process.exitCode = 1;
}

// Images and containers are cleared away before it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);

// Ports of its own: jest may run beside it.
process.env['JEST_WORKER_ID'] ??= '6';

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`image: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
